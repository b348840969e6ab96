// What the server wrote into the page: its public origin, its version, the models with schemas and prices.
const known = JSON.parse(document.getElementById("known").textContent);

export const origin = known.origin;
export const version = known.version;
export const models = known.models;

export function findModel(id) {
  return models.find((model) => model.model_id === id);
}

export function schemaOf(model) {
  return model.api_schema.api_schemas[0].request_schema;
}

// [name, field] in the order that the schema asks for.
export function fieldsOf(model) {
  const schema = schemaOf(model);
  return schema["x-order-properties"].map((name) => [name, schema.properties[name]]);
}
