import type { ComponentProps } from 'react';

/**
 * Rows that exist only while they are on screen are placed by transforms, which table elements do not take. So the list
 * is made of plain elements, and their roles say what is what.
 */
function gridPart(role: 'grid' | 'rowgroup' | 'row' | 'columnheader' | 'gridcell') {
  return function GridPart(props: ComponentProps<'div'>) {
    return <div role={role} {...props} />;
  };
}

export const Grid = gridPart('grid');
export const GridRowGroup = gridPart('rowgroup');
export const GridRow = gridPart('row');
export const GridHeading = gridPart('columnheader');
export const GridCell = gridPart('gridcell');
