"use strict";
// Draws the description that the service gives of itself.

const byId = (id) => document.getElementById(id);

function resolve(api, schema) {
  const name = schema?.$ref?.split("/").pop();
  return name ? { name, ...api.components.schemas[name] } : schema ?? {};
}

function typeOf(api, schema) {
  if (!schema) return "";
  if (schema.$ref) return schema.$ref.split("/").pop();
  const variants = schema.oneOf ?? schema.anyOf;
  if (variants) return variants.map((one) => typeOf(api, one)).join(" or ");
  const types = [schema.type ?? "any"].flat().join(" or ");
  return schema.items ? `list of ${typeOf(api, schema.items)}` : types;
}

function row(table, ...cells) {
  const line = table.querySelector("tbody").insertRow();
  cells.forEach((text, i) => {
    const cell = document.createElement(i === 0 ? "th" : "td");
    cell.textContent = text;
    line.append(cell);
  });
}

function fields(api, table, schema) {
  const { properties = {}, required = [] } = resolve(api, schema);
  for (const [name, field] of Object.entries(properties)) {
    const need = required.includes(name) ? "required" : "";
    row(table, name, typeOf(api, field), need, field.description ?? "");
  }
}

function draw(api, path, method, operation) {
  const part = byId("operation").content.cloneNode(true);
  const find = (selector) => part.querySelector(selector);
  find(".method").textContent = method.toUpperCase();
  find(".path").textContent = path;
  find(".summary").textContent = operation.summary;
  find(".description").textContent = operation.description;
  for (const parameter of operation.parameters ?? []) {
    const need = parameter.required ? "required" : "";
    row(find(".fields"), `${parameter.name} (${parameter.in})`, typeOf(api, parameter.schema), need, parameter.description ?? "");
  }
  for (const [kind, body] of Object.entries(operation.requestBody?.content ?? {})) {
    row(find(".fields"), "body", kind, "required", "");
    fields(api, find(".fields"), body.schema);
  }
  if (!find(".fields tbody").rows.length) find(".fields").remove();
  for (const [status, answer] of Object.entries(operation.responses)) {
    const content = Object.values(answer.content ?? {})[0];
    row(find(".answers"), status, typeOf(api, content?.schema), answer.description);
  }
  const details = find("details");
  details.dataset.text = `${method} ${path} ${operation.summary}`.toLowerCase();
  byId("operations").append(part);
}

async function main() {
  const api = await (await fetch("/openapi.json")).json();
  byId("about").textContent = `Version ${api.info.version}. ${api.info.description}`;
  for (const [path, item] of Object.entries(api.paths)) {
    for (const [method, operation] of Object.entries(item)) draw(api, path, method, operation);
  }
  byId("find").addEventListener("input", (event) => {
    const words = event.target.value.toLowerCase().split(/\s+/);
    for (const details of byId("operations").children) {
      details.hidden = !words.every((word) => details.dataset.text.includes(word));
    }
  });
}

main().catch((error) => { byId("about").textContent = `The description could not be read: ${error.message}`; });
