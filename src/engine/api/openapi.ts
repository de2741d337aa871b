import { type OpenAPI, OpenAPIGenerator } from '@orpc/openapi';
import { ZodToJsonSchemaConverter } from '@orpc/zod/zod4';
import { contract } from '../../common/contract/index.ts';
import { Device, DeviceList, FfmpegBuild } from '../../common/device.ts';
import { EventBatch } from '../../common/events.ts';
import { Attempt, Job, Progress, QueueSummary } from '../../common/job.ts';
import { Problem } from '../../common/problem.ts';
import { SourceInfo } from '../../common/source.ts';
import { filePaths } from './openapi-files.ts';

const PROBLEM = { $ref: '#/components/schemas/Problem' };
const METHODS = ['get', 'put', 'post', 'delete', 'patch'] as const;

const DESCRIPTION = `Everything that Gantry's own user interface and command line do, for scripts.

Every request carries \`Authorization: Bearer <token>\`; \`gantry serve\` prints the token when it starts. Every error body is
a \`Problem\`: a stable \`code\`, a plain sentence and a next step. The same procedures are carried over a WebSocket at
\`/api/v1/ws\` for live user interfaces; scripts follow changes with \`GET /events\` (server-sent events).`;

/** The OpenAPI 3.1 document of everything under `/api/v1`. */
export async function openApiDocument(version: string): Promise<OpenAPI.Document> {
  const generator = new OpenAPIGenerator({ schemaConverters: [new ZodToJsonSchemaConverter()] });
  const document = await generator.generate(contract, {
    info: { title: 'Gantry', version, description: DESCRIPTION, license: { name: 'MIT', identifier: 'MIT' } },
    servers: [{ url: '/api/v1' }],
    security: [{ bearer: [] }],
    tags: [
      { name: 'jobs', description: 'Work asked for: one source, one preset, one output each' },
      { name: 'queue', description: 'The queue as a whole' },
      { name: 'sources', description: "Files and folders of the engine's machine" },
      { name: 'devices', description: 'CPUs and GPUs, with what each one proved it can encode' },
      { name: 'presets', description: 'Named recipes' },
      { name: 'settings', description: 'Settings of the engine' },
      { name: 'system', description: 'The engine itself' },
      { name: 'events', description: 'Live changes' },
      { name: 'files', description: 'Sources in, outputs out, for clients on another machine' },
    ],
    components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
    commonSchemas: {
      Problem: { schema: Problem },
      Progress: { schema: Progress, strategy: 'output' },
      Attempt: { schema: Attempt, strategy: 'output' },
      Job: { schema: Job, strategy: 'output' },
      QueueSummary: { schema: QueueSummary, strategy: 'output' },
      Device: { schema: Device, strategy: 'output' },
      DeviceList: { schema: DeviceList, strategy: 'output' },
      FfmpegBuild: { schema: FfmpegBuild, strategy: 'output' },
      SourceInfo: { schema: SourceInfo, strategy: 'output' },
      EventBatch: { schema: EventBatch, strategy: 'output' },
    },
    customErrorResponseBodySchema: () => PROBLEM,
  });
  const paths: NonNullable<OpenAPI.Document['paths']> = { ...document.paths, ...filePaths() };
  for (const item of Object.values(paths)) {
    addCommonErrors(item ?? {});
    for (const parameter of item?.get?.parameters ?? []) describeRepeatable(parameter);
  }
  return { ...document, paths };
}

/** What any operation may answer, whatever it does. */
function addCommonErrors(item: OpenAPI.PathItemObject): void {
  for (const method of METHODS) {
    const operation = item[method];
    if (operation === undefined) continue;
    operation.responses = {
      ...Object.fromEntries(
        Object.entries(operation.responses ?? {}).map(([status, response]) => [
          status,
          'description' in response && /^\d+$/.test(response.description)
            ? { ...response, description: ERROR_MEANINGS[response.description] ?? response.description }
            : response,
        ]),
      ),
      401: problemResponse('No valid token came with the request.'),
      403: problemResponse('The `Host` or `Origin` of the request is a foreign one.'),
      ...(operation.requestBody === undefined
        ? {}
        : {
            413: problemResponse('The body is too large.'),
            415: problemResponse('The body is not declared as plain JSON.'),
          }),
      default: problemResponse('Anything else that went wrong.'),
    };
  }
}

/** A query parameter that takes one value or several is repeated: `?status=queued&status=running`. */
function describeRepeatable(parameter: OpenAPI.ReferenceObject | OpenAPI.ParameterObject): void {
  if (!('in' in parameter) || parameter.in !== 'query') return;
  const { schema } = parameter;
  if (schema === undefined || !('anyOf' in schema)) return;
  const list = schema.anyOf?.find((variant) => 'type' in variant && variant.type === 'array');
  if (list !== undefined) Object.assign(parameter, { schema: list, style: 'form', explode: true });
}

const ERROR_MEANINGS: Readonly<Record<string, string>> = {
  400: 'The request is not valid; the message names the first bad fields.',
  404: 'What the request names does not exist.',
  409: 'The state of things does not allow it.',
  422: 'The request is understood and cannot be carried out.',
};

function problemResponse(description: string) {
  return { description, content: { 'application/json': { schema: PROBLEM } } };
}
