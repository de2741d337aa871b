import type { IncomingMessage, ServerResponse } from 'node:http';
import { contractErrorCode } from '../../common/contract/errors.ts';
import { type Problem, type ProblemCode, ProblemError } from '../../common/problem.ts';
import { UNFORESEEN } from './contract-error.ts';

/** How long the rest of a body that nobody wants is read away, so that the sender gets to see the answer. */
const DRAIN_MS = 10_000;

/** The HTTP status that goes with a problem. */
export function statusOf(code: ProblemCode): number {
  switch (code) {
    case 'unauthorized':
      return 401;
    case 'forbidden':
      return 403;
    case 'no-space':
      return 507;
    default:
      break;
  }
  switch (contractErrorCode(code)) {
    case 'BAD_REQUEST':
      return 400;
    case 'NOT_FOUND':
      return 404;
    case 'CONFLICT':
      return 409;
    case 'UNPROCESSABLE_CONTENT':
      return 422;
    case null:
      return 500;
  }
}

/** A problem that has its own HTTP status and headers, on its way up to the request handler. */
export class HttpProblemError extends ProblemError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  constructor(status: number, problem: Problem, headers: Readonly<Record<string, string>> = {}) {
    super(problem);
    this.name = 'HttpProblemError';
    this.status = status;
    this.headers = headers;
  }
}

/** Answers with whatever was thrown, as a problem. What nobody foresaw goes to `onFault` and stays vague outside. */
export function sendError(
  request: IncomingMessage,
  response: ServerResponse,
  error: unknown,
  onFault: (error: unknown) => void,
): void {
  // The client went away in the middle of its request: nobody is left to tell, and nothing went wrong here.
  if (request.errored !== null) {
    response.destroy();
    return;
  }
  if (error instanceof HttpProblemError) {
    sendProblem(request, response, error.status, error.problem, error.headers);
    return;
  }
  const problem = error instanceof ProblemError ? error.problem : UNFORESEEN;
  const status = statusOf(problem.code);
  if (status === 500) onFault(error);
  const { code, message, nextStep } = problem;
  sendProblem(request, response, status, status === 500 ? { code, message, nextStep } : problem);
}

/** Answers with a problem as JSON. */
export function sendProblem(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  problem: Problem,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.headersSent) {
    // Too late to say it: the cut connection tells the client that the body is not whole.
    response.destroy();
    return;
  }
  drainBody(request, response);
  sendJson(request, response, status, problem, headers);
}

/** Answers with JSON; without a body to a HEAD request. */
export function sendJson(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(status, {
    ...headers,
    'content-type': 'application/json',
    'content-length': String(body.length),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

function drainBody(request: IncomingMessage, response: ServerResponse): void {
  if (request.complete) return;
  response.setHeader('connection', 'close');
  request.resume();
  const timer = setTimeout(() => request.socket.destroy(), DRAIN_MS);
  timer.unref();
  request.once('close', () => clearTimeout(timer));
}
