import type { ORPCError } from '@orpc/client';
import { type SchemaIssue, ValidationError } from '@orpc/contract';
import type { Problem } from '../../common/problem.ts';

/** As many fields as a person corrects at a time. */
const MAX_FIELDS_NAMED = 3;
/** A key that a client made up may be megabytes long. */
const MAX_FIELD_LENGTH = 160;

/** The problem of an error that oRPC throws for input that its schema refuses; null for any other error. */
export function invalidInput(error: ORPCError<string, unknown>): Problem | null {
  if (error.code !== 'BAD_REQUEST' || !(error.cause instanceof ValidationError)) return null;
  return describeIssues(error.cause.issues);
}

/** What is wrong with an input, naming the first bad fields, e.g. `jobs[0].source: expected string`. */
export function describeIssues(issues: readonly SchemaIssue[]): Problem {
  const named = issues.slice(0, MAX_FIELDS_NAMED).map(describeIssue);
  const rest = issues.length - named.length;
  return invalidRequest(
    `The request is not valid: ${named.join('; ')}${rest > 0 ? `; and ${rest} more` : ''}.`,
    'Correct the named fields, then send the request again.',
  );
}

/** An `invalid-request` problem. */
export function invalidRequest(message: string, nextStep: string): Problem {
  return { code: 'invalid-request', message, nextStep };
}

function describeIssue(issue: SchemaIssue): string {
  const field = shorten(fieldName(issue.path ?? []));
  const complaint = shorten(issue.message.replace(/^Invalid input: /, '').replace(/\.$/, ''));
  return field === '' ? complaint : `${field}: ${complaint}`;
}

function fieldName(path: NonNullable<SchemaIssue['path']>): string {
  return path
    .map((segment) => (typeof segment === 'object' ? segment.key : segment))
    .map((key, i) => (typeof key === 'number' ? `[${key}]` : i === 0 ? String(key) : `.${String(key)}`))
    .join('');
}

function shorten(text: string): string {
  return text.length <= MAX_FIELD_LENGTH ? text : `${text.slice(0, MAX_FIELD_LENGTH)}…`;
}
