import { ORPCError } from '@orpc/client';
import { invalidRequest } from './invalid-input.ts';

/**
 * An interceptor for oRPC's handlers: a message that cannot be decoded is answered with a problem like any other bad
 * input. Errors of procedures are oRPC errors by then; what is not comes from decoding.
 */
export async function explainMalformed<T>({ next }: { next: () => Promise<T> }): Promise<T> {
  try {
    return await next();
  } catch (error) {
    if (error instanceof ORPCError) throw error;
    const data = invalidRequest('The message is malformed.', 'Send it as the API describes.');
    throw new ORPCError('BAD_REQUEST', { message: data.message, data, cause: error });
  }
}
