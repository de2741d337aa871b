/** The same columns for the heading and every row. They leave by importance as the list narrows. */
export const ROW_GRID =
  'grid items-center gap-x-4 px-4 grid-cols-[1.25rem_minmax(0,1fr)_9.5rem_8.5rem_5.5rem] ' +
  '@3xl:grid-cols-[1.25rem_minmax(0,1fr)_7.5rem_11rem_8.5rem_5.5rem] ' +
  '@5xl:grid-cols-[1.25rem_minmax(0,1fr)_8.5rem_8rem_16rem_12.5rem_5.5rem]';

/** Shown from the width at which the column has its place. */
export const FROM_MEDIUM = 'hidden @3xl:block';
export const FROM_WIDE = 'hidden @5xl:block';

export const ROW_HEIGHT = 44;
