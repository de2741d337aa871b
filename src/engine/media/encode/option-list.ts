/**
 * `key=value:key=value`, as ffmpeg passes parameters on to an encoder. In a value, whatever would end it is escaped: a path on
 * Windows has colons, a folder may have quotes.
 */
export function keyValueList(pairs: readonly (readonly [key: string, value: string])[]): string {
  return pairs.map(([key, value]) => `${key}=${value.replace(/[\\':\s]/g, '\\$&')}`).join(':');
}
