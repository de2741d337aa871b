/** The same columns for the heading and every row. They leave by importance as the list narrows. */
export const ROW_GRID =
  'grid items-center gap-x-4 px-4 grid-cols-[1.25rem_minmax(0,1fr)_8rem_7.5rem_5.5rem] ' +
  '@3xl:grid-cols-[1.25rem_minmax(0,1fr)_7.5rem_11rem_8.5rem_5.5rem] ' +
  '@6xl:grid-cols-[1.25rem_minmax(0,1fr)_7.5rem_7.5rem_11rem_8.5rem_5.5rem] ' +
  '@7xl:grid-cols-[1.25rem_minmax(0,1fr)_8.5rem_8rem_16rem_12.5rem_5.5rem]';

/** The device has a column from a medium width on, the preset from a wide one. */
export const DEVICE_COLUMN = 'hidden @3xl:block';
export const PRESET_COLUMN = 'hidden @6xl:block';

export const ROW_HEIGHT = 44;
