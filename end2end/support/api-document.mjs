// The API document of a running program, and checks of answers against its schemas.

import Ajv2020 from 'ajv/dist/2020.js';

export const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/** The document as the program serves it. */
export async function readDocument(hub) {
  const response = await fetch(`${hub.origin}/api/openapi.json`);
  return { response, document: await response.json() };
}

/** Every operation: `{path, method, operation}`. */
export function operationsOf(document) {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => ({ path, method, operation: item[method] })),
  );
}

/** What a `$ref` within the document stands for. */
export function resolve(document, value) {
  if (!value?.$ref) return value;
  const steps = value.$ref.replace(/^#\//, '').split('/').map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  return steps.reduce((found, step) => found[step], document);
}

/**
 * `check(schema, value)`: what of the value does not fit, as a list. Fields that the document does
 * not name do not fit either: whatever is answered is to be documented.
 */
export function checker(document) {
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
  const components = { schemas: closed(document.components.schemas) };
  ajv.addSchema({ $id: 'https://document.invalid/', components });
  const compiled = new Map();
  return (schema, value) => {
    const text = JSON.stringify(schema);
    if (!compiled.has(text)) compiled.set(text, ajv.compile(absolute(closed(schema))));
    const validate = compiled.get(text);
    return validate(value) ? [] : validate.errors.map(({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`);
  };
}

/** The schema with no room for fields that it does not name. */
function closed(schema) {
  if (Array.isArray(schema)) return schema.map(closed);
  if (schema === null || typeof schema !== 'object') return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  const isObject = inner.type === 'object' && inner.properties && inner.additionalProperties === undefined;
  return isObject ? { ...inner, additionalProperties: false } : inner;
}

/** The schema with references that hold outside the document. */
function absolute(schema) {
  return JSON.parse(JSON.stringify(schema).replaceAll('"$ref":"#/', '"$ref":"https://document.invalid/#/'));
}

/** What of an answer is not as the document says; `answer` is `{status, type, body}`. */
export function misfits(document, check, operation, { status, type, body }) {
  const response = resolve(document, operation.responses[status] ?? operation.responses.default);
  if (!response) return [`status ${status} is not documented: ${JSON.stringify(body)}`];
  const kinds = Object.keys(response.content ?? {});
  if (!type) return kinds.length === 0 ? [] : [`no content, documented: ${kinds}`];
  const content = response.content?.[type];
  if (!content) return [`${type} is not documented for ${status}: ${kinds}`];
  return content.schema ? check(content.schema, body) : [];
}
