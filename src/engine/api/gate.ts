import type { IncomingMessage } from 'node:http';
import type { Problem } from '../../common/problem.ts';
import {
  bearerToken,
  isOwnHost,
  isSameOrigin,
  isToken,
  protocolToken,
  type ServerAddress,
} from './access.ts';
import { invalidRequest } from './invalid-input.ts';
import type { OutputTickets } from './output-ticket.ts';
import { HttpProblemError } from './problem-response.ts';
import { API_PREFIX } from './rest.ts';

const WEBSOCKET_PATH = `${API_PREFIX}/ws`;

/** Who may come in: where a request comes from, and what it brings to prove it. */
export class Gate {
  readonly #address: ServerAddress;
  readonly #token: string;
  readonly #tickets: OutputTickets;

  constructor(address: ServerAddress, token: string, tickets: OutputTickets) {
    this.#address = address;
    this.#token = token;
    this.#tickets = tickets;
  }

  /** @throws HttpProblemError 403. */
  checkSource(request: IncomingMessage): void {
    const { host, origin } = request.headers;
    if (!isOwnHost(host, this.#address)) {
      throw forbidden(
        'The request names a host that is not this server.',
        'Use the address that Gantry printed, or allow this name when starting the server.',
      );
    }
    if (origin !== undefined && !isSameOrigin(origin, host)) {
      throw forbidden(
        'The request comes from a page of another site.',
        'Use the page that this server serves.',
      );
    }
  }

  /** @throws HttpProblemError 401. */
  checkToken(request: IncomingMessage, pathname: string): void {
    if (isToken(bearerToken(request.headers.authorization), this.#token)) return;
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    const ticket = /^\/api\/v1\/output\/([\w.-]+)$/.exec(pathname)?.[1];
    if (isRead && ticket !== undefined && this.#tickets.open(ticket) !== null) return;
    throw unauthorized();
  }

  /** @throws HttpProblemError 401, 403, 404. */
  checkUpgrade(request: IncomingMessage, pathname: string | null): void {
    this.checkSource(request);
    const { authorization, 'sec-websocket-protocol': protocols } = request.headers;
    const given = bearerToken(authorization) ?? protocolToken(protocols);
    if (!isToken(given, this.#token)) throw unauthorized();
    if (pathname === WEBSOCKET_PATH && request.method === 'GET') return;
    throw new HttpProblemError(
      404,
      invalidRequest('No WebSocket is at this address.', `Connect to ${WEBSOCKET_PATH}.`),
    );
  }
}

function forbidden(message: string, nextStep: string): HttpProblemError {
  return new HttpProblemError(403, { code: 'forbidden', message, nextStep });
}

function unauthorized(): HttpProblemError {
  const reason: Problem = {
    code: 'unauthorized',
    message: 'The request brings no valid token.',
    nextStep: 'Send `Authorization: Bearer <token>` with the token that Gantry printed when it started.',
  };
  return new HttpProblemError(401, reason, { 'www-authenticate': 'Bearer' });
}
