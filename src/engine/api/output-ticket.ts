import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { JobId } from '../../common/ids.ts';

/** How long a link to an output works. */
export const TICKET_LIFETIME_MS = 10 * 60 * 1000;

/**
 * Tickets that open one job's output for a while without a header, for links and `<video>` elements. Signed with a key
 * that lives as long as the server, so nothing is stored and a restart ends them all.
 */
export class OutputTickets {
  readonly #key = randomBytes(32);
  readonly #nowMs: () => number;

  constructor(nowMs: () => number = Date.now) {
    this.#nowMs = nowMs;
  }

  issue(jobId: JobId): { ticket: string; expiresAt: string } {
    const expiresAtMs = this.#nowMs() + TICKET_LIFETIME_MS;
    const claim = `${jobId}.${expiresAtMs}`;
    return { ticket: `${claim}.${this.#sign(claim)}`, expiresAt: new Date(expiresAtMs).toISOString() };
  }

  /** The job that a ticket opens; null when it is forged or has expired. */
  open(ticket: string): JobId | null {
    const match = /^(\d{1,15})\.(\d{1,16})\.([\w-]{43})$/.exec(ticket);
    const [, id, expiresAtMs, signature] = match ?? [];
    if (id === undefined || expiresAtMs === undefined || signature === undefined) return null;
    const expected = Buffer.from(this.#sign(`${id}.${expiresAtMs}`));
    if (!timingSafeEqual(Buffer.from(signature), expected)) return null;
    if (Number(expiresAtMs) <= this.#nowMs()) return null;
    return JobId.parse(id);
  }

  #sign(claim: string): string {
    return createHmac('sha256', this.#key).update(claim).digest('base64url');
  }
}
