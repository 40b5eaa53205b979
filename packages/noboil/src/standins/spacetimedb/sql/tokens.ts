/** The words of a query. */

export interface Token {
  readonly kind: 'name' | 'quoted' | 'number' | 'text' | 'hex' | 'symbol' | 'end'
  readonly text: string
}

/** A query that SpacetimeDB would refuse; the message is the caller's to read. */
export class QueryError extends Error {
  override readonly name = 'QueryError'
}

/** Longer ones are refused before they are read. */
const MAX_QUERY_CHARACTERS = 50_000

export function tokenize(sql: string): readonly Token[] {
  if (sql.length > MAX_QUERY_CHARACTERS)
    throw new QueryError(
      `A query may have ${MAX_QUERY_CHARACTERS} characters, this has ${sql.length}.`,
    )
  const text = sql.trim().replace(/;$/, '').trimEnd()
  const tokens: Token[] = []
  for (let from = 0; from < text.length; from = TOKEN.lastIndex) {
    TOKEN.lastIndex = from
    const match = TOKEN.exec(text)
    if (match === null)
      throw new QueryError(`The query cannot be read from '${text.slice(from, from + 20)}' on.`)
    tokens.push(tokenOf(match.groups ?? {}))
  }
  return [...tokens, { kind: 'end', text: 'its end' }]
}

const TOKEN = new RegExp(
  [
    String.raw`\s*(?:(?<hex>0x[\da-fA-F]+|[xX]'[\da-fA-F]*')`,
    String.raw`(?<number>[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)`,
    String.raw`'(?<text>(?:[^']|'')*)'`,
    String.raw`"(?<quoted>(?:[^"]|"")*)"`,
    String.raw`(?<name>:?[\p{ID_Start}_]\p{ID_Continue}*)`,
    String.raw`(?<symbol><>|!=|<=|>=|[=<>().,*]))`,
  ].join('|'),
  'uy',
)

function tokenOf(groups: Readonly<Record<string, string | undefined>>): Token {
  const { hex, number, text, quoted, name, symbol } = groups
  if (hex !== undefined) return { kind: 'hex', text: hex.replace(/^0x|^[xX]'|'$/g, '') }
  if (number !== undefined) return { kind: 'number', text: number }
  if (text !== undefined) return { kind: 'text', text: text.replaceAll("''", "'") }
  if (quoted !== undefined) return { kind: 'quoted', text: quoted.replaceAll('""', '"') }
  if (name !== undefined) return { kind: 'name', text: name }
  return { kind: 'symbol', text: symbol ?? '' }
}
