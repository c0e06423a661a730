import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { endpoints } from '../../api/endpoints.ts';
import { openApiDocument } from '../../api/http/openapi.ts';

let schemas: Ajv2020 | undefined;
const compiled = new Map<string, ValidateFunction>();

/**
 * What is wrong with a value by a schema of the OpenAPI document, as texts; none: it is as published. Members that the schema does not
 * name are wrong, too, although readers are to expect more of them.
 */
export function faultsBySchema(name: string, value: unknown): string[] {
  const judge = compiled.get(name) ?? compile(name);
  compiled.set(name, judge);
  if (judge(value)) return [];
  return (judge.errors ?? []).map(({ instancePath, message, params }) =>
    [name, instancePath, message, JSON.stringify(params)].join(' '),
  );
}

function compile(name: string): ValidateFunction {
  schemas ??= documented();
  return schemas.compile({ $ref: `openapi#/components/schemas/${name}` });
}

/** Its formats have patterns beside them; what is OpenAPI's own is passed over. */
function documented(): Ajv2020 {
  const { components } = openApiDocument(endpoints);
  const ajv = new Ajv2020({ strict: false, validateFormats: false, discriminator: true, allErrors: true });
  return ajv.addSchema(closed({ components }), 'openapi');
}

/** The same schemas, with no other members than those that they name, and without what Ajv knows no use for. */
function closed<Schema>(schema: Schema): Schema {
  if (Array.isArray(schema)) return schema.map(closed) as Schema;
  if (typeof schema !== 'object' || schema === null) return schema;
  const named = Object.entries(schema).filter(([name, value]) => !(name === 'mapping' && typeof value === 'object'));
  const members = named.map(([name, value]) => [name, closed(value)] as const);
  const isOpen = 'properties' in schema && !('additionalProperties' in schema);
  return Object.fromEntries([...members, ...(isOpen ? [['additionalProperties', false]] : [])]) as Schema;
}
