import { mapEventIterator } from '@orpc/client';

/** An async iterable as the iterator that oRPC streams, its errors passed through `toError`. */
export function mapErrors<T>(iterable: AsyncIterable<T>, toError: (error: unknown) => unknown) {
  return mapEventIterator<T, void, undefined, T>(iterable[Symbol.asyncIterator](), {
    value: async (value) => value as T,
    error: async (error) => toError(error),
  });
}
