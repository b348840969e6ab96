// This very request as somebody would send it with curl, Python (WaveSpeed's own client) or JavaScript (fetch).
// Pure text from values; the tests run what it writes.
export const LANGUAGES = [["curl", "curl"], ["python", "Python"], ["javascript", "JavaScript"]];

export function sample(language, origin, model, request) {
  return { curl, python, javascript }[language](origin, model, request);
}

function curl(origin, model, request) {
  const body = JSON.stringify(request, null, 2).replaceAll("'", "'\\''");
  return `curl ${origin}/api/v3/${model} \\
  -H "Authorization: Bearer $LIMNER_API_KEY" \\
  -H "Content-Type: application/json" \\
  -d '${body}'

# It answers at once; then, with the id in data.id, as soon as the pictures are there:
# curl "${origin}/api/v3/predictions/$ID/result?wait=9" -H "Authorization: Bearer $LIMNER_API_KEY"
`;
}

function python(origin, model, request) {
  return `import os

from wavespeed import Client  # pip install wavespeed

client = Client(api_key=os.environ["LIMNER_API_KEY"], base_url=${JSON.stringify(origin)})
result = client.run(${JSON.stringify(model)}, ${pythonLiteral(request)})
print(result["outputs"])
`;
}

function pythonLiteral(value, indent = "") {
  if (value === null) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (typeof value !== "object") return JSON.stringify(value);
  const inner = `${indent}    `;
  if (Array.isArray(value)) return `[${value.map((item) => pythonLiteral(item, inner)).join(", ")}]`;
  const lines = Object.entries(value).map(([key, item]) => `${inner}${JSON.stringify(key)}: ${pythonLiteral(item, inner)},\n`);
  return `{\n${lines.join("")}${indent}}`;
}

function javascript(origin, model, request) {
  return `const headers = {
  Authorization: \`Bearer \${process.env.LIMNER_API_KEY}\`,
  "Content-Type": "application/json",
};

let response = await fetch(${JSON.stringify(`${origin}/api/v3/${model}`)}, {
  method: "POST",
  headers,
  body: JSON.stringify(${JSON.stringify(request, null, 2).replaceAll("\n", "\n  ")}),
});
let { message, data } = await response.json();
while (response.ok && ["created", "processing"].includes(data.status)) {
  response = await fetch(\`\${data.urls.get}?wait=9\`, { headers });
  ({ message, data } = await response.json());
}
if (!response.ok) throw new Error(message);
console.log(data.outputs);
`;
}
