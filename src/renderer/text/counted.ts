import { formatCount } from '../../common/format.ts';

/** A number with its noun, e.g. `1 job`, `1,234 jobs`. */
export function counted(count: number, one: string, many: string): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
