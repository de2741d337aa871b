import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { bearer, send } from './test-server.ts';

export interface Operation {
  readonly id: string;
  readonly method: string;
  /** As in the document: relative to the server, with `{parameters}`. */
  readonly template: string;
  readonly spec: OperationSpec;
}

export type JsonSchema = Readonly<Record<string, unknown>>;

export interface OperationSpec {
  readonly operationId: string;
  readonly parameters?: readonly { name: string; in: string; required?: boolean; schema: JsonSchema }[];
  readonly requestBody?: { content: Readonly<Record<string, { schema?: JsonSchema }>> };
  readonly responses: Readonly<
    Record<string, { content?: Readonly<Record<string, { schema?: JsonSchema }>> }>
  >;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationSpec>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
}

const DOCUMENT_ID = 'https://gantry.test/openapi';

/** A server's own OpenAPI document, and whether answers keep to it. */
export class OpenApiCheck {
  readonly operations: readonly Operation[];
  readonly schemas: Document['components']['schemas'];
  readonly #ajv: Ajv2020;
  readonly #validators = new Map<string, ValidateFunction>();

  constructor(document: Document) {
    this.schemas = document.components.schemas;
    this.operations = Object.entries(document.paths).flatMap(([template, item]) =>
      Object.entries(item).map(([method, spec]) => ({
        id: spec.operationId,
        method: method.toUpperCase(),
        template,
        spec,
      })),
    );
    this.#ajv = new Ajv2020({ strict: false, validateSchema: false, allErrors: false });
    formats(this.#ajv);
    this.#ajv.addSchema({ $id: DOCUMENT_ID, ...document }, DOCUMENT_ID);
  }

  static async load(port: number, token: string): Promise<OpenApiCheck> {
    const response = await send(port, { path: '/api/v1/openapi.json', headers: bearer(token) });
    if (response.status !== 200) throw new Error(`openapi.json answered ${response.status}`);
    return new OpenApiCheck(response.json() as Document);
  }

  operation(id: string): Operation {
    const operation = this.operations.find((candidate) => candidate.id === id);
    if (operation === undefined) throw new Error(`The document has no operation ${id}`);
    return operation;
  }

  /** What an answer has that the document does not allow; null when it keeps to it. */
  violation(operation: Operation, status: number, body: unknown): string | null {
    const key = operation.spec.responses[status] === undefined ? 'default' : String(status);
    const schema = operation.spec.responses[key]?.content?.['application/json']?.schema;
    if (schema === undefined) return `${operation.id} documents no JSON for ${status}`;
    const pointer = ['paths', operation.template, operation.method.toLowerCase(), 'responses', key];
    return this.#validate([...pointer, 'content', 'application/json', 'schema'], body);
  }

  /** What a value has that a named schema does not allow; null when it keeps to it. */
  schemaViolation(name: string, value: unknown): string | null {
    return this.#validate(['components', 'schemas', name], value);
  }

  #validate(pointer: readonly string[], value: unknown): string | null {
    const ref = `${DOCUMENT_ID}#/${pointer.map(escapePointer).join('/')}`;
    const validate = this.#validators.get(ref) ?? this.#ajv.compile({ $ref: ref });
    this.#validators.set(ref, validate);
    return validate(value) ? null : this.#ajv.errorsText(validate.errors);
  }
}

function escapePointer(part: string): string {
  return encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));
}
