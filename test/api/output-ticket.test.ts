import { expect, it } from 'vitest';
import type { JobId } from '../../src/common/ids.ts';
import { OutputTickets, TICKET_LIFETIME_MS } from '../../src/engine/api/output-ticket.ts';

const job = '42' as JobId;

it('a ticket opens its job until it expires, and not at that moment', () => {
  let nowMs = 1_000;
  const tickets = new OutputTickets(() => nowMs);
  const { ticket, expiresAt } = tickets.issue(job);
  expect(tickets.open(ticket)).toBe(job);
  expect(Date.parse(expiresAt)).toBe(1_000 + TICKET_LIFETIME_MS);
  nowMs += TICKET_LIFETIME_MS - 1;
  expect(tickets.open(ticket)).toBe(job);
  nowMs += 1;
  expect(tickets.open(ticket)).toBeNull();
});

it('a changed ticket opens nothing', () => {
  const tickets = new OutputTickets();
  const { ticket } = tickets.issue(job);
  const [id, expiresAt, signature] = ticket.split('.');
  expect(tickets.open(`43.${expiresAt}.${signature}`)).toBeNull();
  expect(tickets.open(`${id}.${Number(expiresAt) + 1}.${signature}`)).toBeNull();
  expect(tickets.open(`${id}.${expiresAt}.${'A'.repeat(43)}`)).toBeNull();
  expect(tickets.open(`${ticket}x`)).toBeNull();
  expect(tickets.open(ticket.slice(0, -1))).toBeNull();
  expect(tickets.open('')).toBeNull();
});

it('a ticket of another server opens nothing', () => {
  expect(new OutputTickets().open(new OutputTickets().issue(job).ticket)).toBeNull();
});
