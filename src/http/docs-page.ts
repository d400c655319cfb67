import { createHash } from 'node:crypto'
import { html, raw } from 'hono/html'

/* A page for people, made from the API description. No scripts, nothing from elsewhere. */

type Schema = {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly format?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly description?: string
}
type Content = Readonly<Record<string, { readonly schema?: Schema }>>
type Operation = {
  readonly summary?: string
  readonly description?: string
  readonly tags?: readonly string[]
  readonly 'x-scopes'?: readonly string[]
  readonly parameters?: readonly {
    readonly name: string
    readonly in: string
    readonly required?: boolean
    readonly schema?: Schema
    readonly description?: string
  }[]
  readonly requestBody?: { readonly content?: Content }
  readonly responses?: Readonly<Record<string, { readonly description?: string; readonly content?: Content }>>
}
type Document = {
  readonly info: { readonly title: string; readonly version: string; readonly description?: string }
  readonly components?: { readonly schemas?: Readonly<Record<string, Schema>> }
  readonly paths?: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

const METHODS = ['get', 'put', 'post', 'patch', 'delete']
const STYLE = `:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
h2{margin-top:3rem;border-bottom:1px solid #8888}code,pre{font:14px/1.45 ui-monospace,monospace}
pre{background:#8882;padding:.75rem;white-space:pre-wrap;border-radius:6px}details{margin:.6rem 0}
summary{cursor:pointer;padding:.3rem 0}summary b{display:inline-block;min-width:4.5rem}
table{border-collapse:collapse}td,th{padding:.2rem .8rem .2rem 0;text-align:left;vertical-align:top}.note{color:#777}`
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64')

/**
 * The API description as a page, and the policy under which browsers show it.
 *
 * @param document an OpenAPI 3.1 document
 */
export function docsPage(document: object): { html: string; contentSecurityPolicy: string } {
  const doc = document as Document
  const operations = Object.entries(doc.paths ?? {}).flatMap(([path, item]) =>
    METHODS.flatMap((method) => (item[method] ? [{ path, method, operation: item[method] }] : [])),
  )
  const tags = [...new Set(operations.map(({ operation }) => operation.tags?.[0] ?? 'other'))]
  const sections = tags.map((tag) => {
    const own = operations.filter(({ operation }) => (operation.tags?.[0] ?? 'other') === tag)
    return html`<h2 id="${tag}">${tag}</h2>${own.map((one) => section(doc, one))}`
  })
  const page = html`<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${doc.info.title} API</title>
<meta name="viewport" content="width=device-width"><style>${raw(STYLE)}</style></head><body>
<h1>${doc.info.title} API <small class="note">${doc.info.version}</small></h1>
<p>${prose(doc.info.description)}</p><p><a href="/openapi.json">openapi.json</a></p>
<nav>${tags.map((tag) => html`<a href="#${tag}">${tag}</a> `)}</nav>${sections}</body></html>`
  return {
    html: String(page),
    contentSecurityPolicy: `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; frame-ancestors 'none'`,
  }
}

/** Text in which `…` marks code. */
const prose = (text = '') =>
  text.split('`').map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : part))

function section(
  doc: Document,
  { path, method, operation }: { path: string; method: string; operation: Operation },
) {
  const body = contentSchema(operation.requestBody?.content)
  const scopes = operation['x-scopes']
  return html`<details id="${method}-${path}"><summary><b>${method.toUpperCase()}</b> <code>${path}</code> ${operation.summary ?? ''}</summary>
${operation.description ? html`<p>${prose(operation.description)}</p>` : ''}
${scopes ? html`<p class="note">Key scopes: ${scopes.join(', ')}</p>` : ''}
${parameterTable(doc, operation)}
${body ? html`<p>Body</p><pre>${schemaText(doc, body)}</pre>` : ''}
${Object.entries(operation.responses ?? {}).map(([status, response]) => {
  const schema = contentSchema(response.content)
  // Errors all look the same: their text is enough.
  const shown = schema && schema.$ref !== '#/components/schemas/Error'
  return html`<p><b>${status}</b> ${prose(response.description)}</p>${shown ? html`<pre>${schemaText(doc, schema)}</pre>` : ''}`
})}</details>`
}

function parameterTable(doc: Document, { parameters = [] }: Operation) {
  if (parameters.length === 0) return ''
  return html`<table>${parameters.map(
    (one) => html`<tr><td><code>${one.name}</code></td><td>${one.in}${one.required ? '' : ', optional'}</td>
<td><code>${one.schema ? schemaText(doc, one.schema) : ''}</code> ${prose(one.description ?? one.schema?.description)}</td></tr>`,
  )}</table>`
}

const contentSchema = (content: Content | undefined): Schema | undefined =>
  Object.values(content ?? {})[0]?.schema

/** A schema as people read types: `{ id: string, … }`. */
function schemaText(doc: Document, schema: Schema, indent = ''): string {
  if (schema.$ref) return referencedText(doc, schema.$ref, indent)
  const options = schema.anyOf ?? schema.oneOf
  if (options) return [...new Set(options.map((one) => schemaText(doc, one, indent)))].join(' | ')
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ')
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.items) return `${schemaText(doc, schema.items, indent)}[]`
  if (schema.properties) return objectText(doc, schema, indent)
  const type = Array.isArray(schema.type) ? schema.type.join(' | ') : schema.type
  return `${type ?? 'any'}${schema.format ? ` (${schema.format})` : ''}`
}

function referencedText(doc: Document, reference: string, indent: string): string {
  const found = doc.components?.schemas?.[reference.split('/').at(-1) ?? '']
  return found ? schemaText(doc, found, indent) : reference
}

function objectText(doc: Document, schema: Schema, indent: string): string {
  const inner = `${indent}  `
  const lines = Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const mark = schema.required?.includes(name) ? '' : '?'
    const note = property.description ? `   // ${property.description}` : ''
    return `${inner}${name}${mark}: ${schemaText(doc, property, inner)}${note}`
  })
  const nullable = Array.isArray(schema.type) && schema.type.includes('null') ? ' | null' : ''
  return `{\n${lines.join('\n')}\n${indent}}${nullable}`
}
