import { ORPCError } from '@orpc/client';
import { z } from 'zod';
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

/** The envelope of oRPC's messages: an id, a type, and for requests (no type, or 1) where they go. */
const Envelope = z.union([
  z.object({ i: z.string(), t: z.literal(1).optional(), p: z.object({ u: z.string().startsWith('/') }) }),
  z.object({ i: z.string(), t: z.union([z.literal(3), z.literal(4)]) }),
]);

/** Whether a message is one that oRPC can take apart. */
export function isRpcMessage(text: string): boolean {
  try {
    return Envelope.safeParse(JSON.parse(text)).success;
  } catch {
    return false;
  }
}
