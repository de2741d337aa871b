import type { OpenAPI } from '@orpc/openapi';

const PROBLEM_CONTENT = { 'application/json': { schema: { $ref: '#/components/schemas/Problem' } } };
/** OpenAPI 3.1 describes raw bytes by leaving the schema out. */
const BYTES = { 'application/octet-stream': {} };

const jobId: OpenAPI.ParameterObject = {
  name: 'id',
  in: 'path',
  required: true,
  schema: { type: 'string', pattern: '^\\d{1,15}$' },
};
const range: OpenAPI.ParameterObject = {
  name: 'Range',
  in: 'header',
  description: 'One range of bytes, e.g. `bytes=0-1023`',
  schema: { type: 'string' },
};

const download = {
  200: { description: 'The whole file', content: BYTES },
  206: { description: 'The part that was asked for', content: BYTES },
  404: { description: 'The job or its output does not exist.', content: PROBLEM_CONTENT },
  416: { description: 'The range lies beyond the end of the file.', content: PROBLEM_CONTENT },
};

/**
 * The operations on file contents. They move raw bytes, not JSON, so they stand beside the contract. A new object each
 * time.
 */
export function filePaths(): NonNullable<OpenAPI.Document['paths']> {
  return {
    '/uploads/{name}': {
      put: {
        operationId: 'files.upload',
        tags: ['files'],
        summary: "Send a file to the engine's machine",
        description:
          'The body is the file as it is. Add the returned path to the queue with `POST /jobs`. ' +
          'An upload that breaks off leaves nothing.',
        parameters: [
          {
            name: 'name',
            in: 'path',
            required: true,
            description: 'File name; characters that some system refuses are replaced',
            schema: { type: 'string', minLength: 1 },
          },
        ],
        requestBody: { required: true, content: BYTES },
        responses: {
          201: {
            description: 'All of it has arrived',
            content: {
              'application/json': {
                schema: {
                  type: 'object',
                  properties: { path: { type: 'string' }, sizeBytes: { type: 'integer', minimum: 0 } },
                  required: ['path', 'sizeBytes'],
                },
              },
            },
          },
          507: { description: 'The disk is full.', content: PROBLEM_CONTENT },
        },
      },
    },
    '/jobs/{id}/output': {
      get: {
        operationId: 'files.download',
        tags: ['files'],
        summary: 'The finished file of a job',
        parameters: [jobId, range],
        responses: {
          ...download,
          400: { description: 'The id is not one.', content: PROBLEM_CONTENT },
          409: { description: 'The job is not done.', content: PROBLEM_CONTENT },
        },
      },
    },
    '/jobs/{id}/output-link': {
      post: {
        operationId: 'files.link',
        tags: ['files'],
        summary: "A short-lived address of a job's output that needs no header",
        description: 'For links and video elements. It opens this one output, for ten minutes.',
        parameters: [jobId],
        responses: {
          200: {
            description: 'The link',
            content: {
              'application/json': {
                schema: {
                  type: 'object',
                  properties: {
                    url: { type: 'string', description: "Relative to the server's address" },
                    expiresAt: { type: 'string', format: 'date-time' },
                  },
                  required: ['url', 'expiresAt'],
                },
              },
            },
          },
          400: { description: 'The id is not one.', content: PROBLEM_CONTENT },
          404: { description: 'The job or its output does not exist.', content: PROBLEM_CONTENT },
          409: { description: 'The job is not done.', content: PROBLEM_CONTENT },
        },
      },
    },
    '/output/{ticket}': {
      get: {
        operationId: 'files.open',
        tags: ['files'],
        summary: 'What a link opens',
        description: 'The ticket stands in for the token. Without a valid one, the answer is 401.',
        security: [{}],
        parameters: [{ name: 'ticket', in: 'path', required: true, schema: { type: 'string' } }, range],
        responses: { ...download },
      },
    },
  };
}
