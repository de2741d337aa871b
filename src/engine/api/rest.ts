import type { IncomingMessage, ServerResponse } from 'node:http';
import type { OpenAPI } from '@orpc/openapi';
import { OpenAPIHandler } from '@orpc/openapi/node';
import { JobId } from '../../common/ids.ts';
import { Problem } from '../../common/problem.ts';
import type { Backend } from './backend.ts';
import { UNFORESEEN } from './contract-error.ts';
import { describeIssues, invalidRequest } from './invalid-input.ts';
import { readJsonBody } from './json-body.ts';
import { openApiDocument } from './openapi.ts';
import type { OutputTickets } from './output-ticket.ts';
import { sendOutput } from './outputs.ts';
import { HttpProblemError, sendJson } from './problem-response.ts';
import type { EngineRouter } from './router.ts';
import { receiveUpload } from './uploads.ts';

/** Where the API lives. */
export const API_PREFIX = '/api/v1';

export interface RestOptions {
  readonly router: EngineRouter;
  readonly backend: Backend;
  readonly tickets: OutputTickets;
  readonly version: string;
}

/**
 * Answers every request under `/api` that has proven who asks. `pathname` is that of the request, undecoded. Rejects with
 * `HttpProblemError`s and `ProblemError`s.
 */
export type RestHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  pathname: string,
) => Promise<void>;

/** REST: the contract by way of its OpenAPI routes, and the operations on file contents beside it. */
export function createRestHandler(options: RestOptions): RestHandler {
  const procedures = new OpenAPIHandler(options.router, {
    // Over REST the body of an error is the problem itself.
    customErrorResponseBodyEncoder: (error) => Problem.safeParse(error.data).data ?? UNFORESEEN,
  });
  let document: Promise<OpenAPI.Document> | null = null;
  const loadDocument = () => {
    document ??= openApiDocument(options.version);
    return document;
  };

  return async (request, response, pathname) => {
    const segments = pathSegments(pathname);
    if (await handleFiles(options, request, response, segments)) return;
    if (request.method === 'GET' && segments.join('/') === 'openapi.json') {
      sendJson(request, response, 200, await loadDocument());
      return;
    }
    const allowed = allowedMethods(await loadDocument(), segments);
    const method = request.method ?? '';
    if (!allowed.includes(method)) throw allowed.length > 0 ? methodNotAllowed(allowed) : notFound();
    // oRPC takes a body that was read for it.
    const read = method === 'GET' ? request : Object.assign(request, { body: await readJsonBody(request) });
    const { matched } = await procedures.handle(read, response, { prefix: API_PREFIX, context: {} });
    if (!matched) throw notFound();
  };
}

/** The path below the prefix, decoded; null-free. A trailing slash does not count. */
function pathSegments(pathname: string): string[] {
  if (!pathname.startsWith(`${API_PREFIX}/`)) throw notFound();
  return pathname
    .slice(API_PREFIX.length + 1)
    .replace(/\/$/, '')
    .split('/')
    .map((segment) => {
      try {
        return decodeURIComponent(segment);
      } catch {
        throw new HttpProblemError(
          400,
          invalidRequest('The address is not well encoded.', 'Percent-encode it as UTF-8.'),
        );
      }
    });
}

/** True when it was a request for the contents of files, and has been answered. */
async function handleFiles(
  { backend, tickets }: RestOptions,
  request: IncomingMessage,
  response: ServerResponse,
  segments: readonly string[],
): Promise<boolean> {
  const [first, second, third] = segments;
  const operation = `${request.method === 'HEAD' ? 'GET' : request.method} ${segments.length} ${first} ${third}`;
  if (second === undefined) return false;
  switch (operation) {
    case 'PUT 2 uploads undefined':
      sendJson(request, response, 201, await receiveUpload(request, backend.uploadFolder(), second));
      return true;
    case 'GET 2 output undefined': {
      const jobId = tickets.open(second);
      if (jobId === null) throw expiredTicket();
      await sendOutput(backend, jobId, request, response);
      return true;
    }
    case 'GET 3 jobs output':
      await sendOutput(backend, parseJobId(second), request, response);
      return true;
    case 'POST 3 jobs output-link': {
      const jobId = parseJobId(second);
      await backend.outputFile(jobId);
      const { ticket, expiresAt } = tickets.issue(jobId);
      sendJson(request, response, 200, { url: `${API_PREFIX}/output/${ticket}`, expiresAt });
      return true;
    }
    default:
      return false;
  }
}

function parseJobId(text: string): JobId {
  const parsed = JobId.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new HttpProblemError(
    400,
    describeIssues(parsed.error.issues.map((issue) => ({ ...issue, path: ['id'] }))),
  );
}

/** Methods that a path has, by the OpenAPI document; none when there is no such path. */
function allowedMethods(document: OpenAPI.Document, segments: readonly string[]): string[] {
  if (segments.join('/') === 'openapi.json') return ['GET'];
  return Object.entries(document.paths ?? {})
    .filter(([template]) => matchesTemplate(template.slice(1).split('/'), segments))
    .flatMap(([, item]) => Object.keys(item ?? {}).map((method) => method.toUpperCase()));
}

function matchesTemplate(template: readonly string[], segments: readonly string[]): boolean {
  return (
    template.length === segments.length &&
    template.every((part, i) => (part.startsWith('{') ? segments[i] !== '' : part === segments[i]))
  );
}

function notFound(): HttpProblemError {
  return new HttpProblemError(
    404,
    invalidRequest('Nothing is at this address.', `The addresses are listed in ${API_PREFIX}/openapi.json.`),
  );
}

function methodNotAllowed(allowed: readonly string[]): HttpProblemError {
  return new HttpProblemError(
    405,
    invalidRequest(
      'This address does not take this method.',
      `Use ${allowed.join(' or ')}. The operations are listed in ${API_PREFIX}/openapi.json.`,
    ),
    { allow: allowed.join(', ') },
  );
}

function expiredTicket(): HttpProblemError {
  return new HttpProblemError(404, {
    code: 'output-not-found',
    message: 'The link is not valid any more.',
    nextStep: 'Ask for a new one.',
  });
}
