/** Words of the benchmark page. */
export const bench = {};
