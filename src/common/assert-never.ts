/** Makes a `switch` exhaustive: the call type-checks only when every case has been handled. */
export function assertNever(value: never): never {
  throw new Error(`Unhandled case: ${JSON.stringify(value)}`);
}
