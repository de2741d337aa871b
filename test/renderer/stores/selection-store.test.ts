import { beforeEach, describe, expect, it } from 'vitest';
import {
  actionTargets,
  activate,
  forgetJobs,
  moveTo,
  selectRange,
  toggleSelected,
  useSelection,
} from '../../../src/renderer/stores/selection-store.ts';
import { jobId } from '../a-job.ts';

const [one, two, three] = [jobId(1), jobId(2), jobId(3)];

beforeEach(() => useSelection.setState({ active: null, anchor: null, selected: new Set() }));

describe('what an action takes', () => {
  it('is the row that the keyboard is on while nothing is selected', () => {
    activate(two);
    expect(actionTargets()).toEqual([two]);
  });

  it('is the selection as soon as there is one, wherever the keyboard is', () => {
    toggleSelected(one);
    toggleSelected(three);
    moveTo(two);
    expect(actionTargets()).toEqual([one, three]);
  });

  it('is nothing on an empty list', () => {
    expect(actionTargets()).toEqual([]);
  });
});

describe('a selection', () => {
  it('toggled twice is as before', () => {
    toggleSelected(one);
    toggleSelected(one);
    expect(useSelection.getState().selected.size).toBe(0);
  });

  it('of a range keeps its anchor, so that the next range starts there again', () => {
    activate(one);
    selectRange([one, two, three], three);
    selectRange([one, two], two);
    expect(useSelection.getState()).toMatchObject({ anchor: one, active: two });
    expect([...useSelection.getState().selected]).toEqual([one, two]);
  });

  it('ends when another row is chosen', () => {
    selectRange([one, two], two);
    activate(three);
    expect(actionTargets()).toEqual([three]);
  });

  it('loses jobs that are gone', () => {
    selectRange([one, two], two);
    forgetJobs([two]);
    expect(actionTargets()).toEqual([one]);
    expect(useSelection.getState().active).toBeNull();
  });
});
