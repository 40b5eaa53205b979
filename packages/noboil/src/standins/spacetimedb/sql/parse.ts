/**
 * The queries of subscriptions: `SELECT (* | t.*) FROM t [AS a] [[INNER] JOIN u [AS b] ON a.x = b.y] [WHERE …]`, where
 * a condition compares columns and literals, joined by AND and OR. There is no NOT, no NULL, no ORDER BY, no LIMIT.
 */
import { QueryError, type Token, tokenize } from './tokens.ts'

export interface Field {
  /** The table's alias, where the query says it. */
  readonly table: string | undefined
  readonly column: string
}

export interface Literal {
  readonly kind: 'number' | 'text' | 'hex' | 'boolean' | 'sender'
  readonly text: string
}

export type Operand = { readonly field: Field } | { readonly literal: Literal }

export type Operator = '=' | '<>' | '<' | '>' | '<=' | '>='

export type Condition =
  | {
      readonly kind: 'compare'
      readonly operator: Operator
      readonly left: Operand
      readonly right: Operand
    }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Condition[] }
  | { readonly kind: 'constant'; readonly value: boolean }

export interface Source {
  readonly table: string
  readonly alias: string
}

export interface ParsedQuery {
  /** The alias before `.*`, where the query says it. */
  readonly projection: string | undefined
  readonly from: Source
  readonly join:
    | { readonly source: Source; readonly left: Field; readonly right: Field }
    | undefined
  readonly where: Condition | undefined
}

/** @throws {QueryError} for anything else. */
export function parseQuery(sql: string): ParsedQuery {
  const words = new Words(tokenize(sql))
  words.expect('SELECT')
  const projection = words.takeSymbol('*') ? undefined : qualifiedStar(words)
  words.expect('FROM')
  const from = source(words)
  const join = joined(words)
  const where = words.take('WHERE') ? disjunction(words, 0) : undefined
  words.end()
  return { projection, from, join, where }
}

const RESERVED = new Set([
  'JOIN',
  'INNER',
  'ON',
  'WHERE',
  'AND',
  'OR',
  'LEFT',
  'RIGHT',
  'CROSS',
  'ORDER',
  'LIMIT',
  'GROUP',
])

/** Parentheses within parentheses. */
const MAX_DEPTH = 64

class Words {
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  get next(): Token {
    return this.#tokens[this.#at] ?? { kind: 'end', text: 'its end' }
  }

  take(keyword: string): boolean {
    const { kind, text } = this.next
    const isThere = kind === 'name' && text.toUpperCase() === keyword
    if (isThere) this.#at++
    return isThere
  }

  takeSymbol(symbol: string): boolean {
    const isThere = this.next.kind === 'symbol' && this.next.text === symbol
    if (isThere) this.#at++
    return isThere
  }

  advance(): Token {
    const token = this.next
    this.#at++
    return token
  }

  expect(keyword: string): void {
    if (!this.take(keyword)) throw this.unexpected(keyword)
  }

  expectSymbol(symbol: string): void {
    if (!this.takeSymbol(symbol)) throw this.unexpected(`'${symbol}'`)
  }

  identifier(): string {
    const { kind, text } = this.next
    const isName = kind === 'quoted' || (kind === 'name' && !RESERVED.has(text.toUpperCase()))
    if (!isName) throw this.unexpected('a name')
    return this.advance().text
  }

  end(): void {
    if (this.next.kind !== 'end') throw this.unexpected('its end')
  }

  unexpected(wanted: string): QueryError {
    return new QueryError(
      `Unsupported query: ${wanted} was expected where '${this.next.text}' stands.`,
    )
  }
}

function qualifiedStar(words: Words): string {
  const name = path(words)
  if (name.rest === undefined)
    throw words.unexpected("'*' or 'table.*'; column projections are not supported,")
  return name.rest
}

/** `a.b.*`: tables of submodules are named with dots. */
function path(words: Words): { rest: string | undefined } {
  const parts = [words.identifier()]
  while (words.takeSymbol('.')) {
    if (words.takeSymbol('*')) return { rest: parts.join('.') }
    parts.push(words.identifier())
  }
  return { rest: undefined }
}

function source(words: Words): Source {
  const parts = [words.identifier()]
  while (words.takeSymbol('.')) parts.push(words.identifier())
  const table = parts.join('.')
  const isNamed = words.take('AS')
  const { kind, text } = words.next
  const hasAlias = kind === 'quoted' || (kind === 'name' && !RESERVED.has(text.toUpperCase()))
  return { table, alias: isNamed || hasAlias ? words.identifier() : table }
}

function joined(words: Words): ParsedQuery['join'] {
  const isInner = words.take('INNER')
  if (!words.take('JOIN')) {
    if (isInner) throw words.unexpected('JOIN')
    return undefined
  }
  const joinedSource = source(words)
  words.expect('ON')
  const isWrapped = words.takeSymbol('(')
  const left = field(words)
  words.expectSymbol('=')
  const right = field(words)
  if (isWrapped) words.expectSymbol(')')
  return { source: joinedSource, left, right }
}

function field(words: Words): Field {
  const parts = [words.identifier()]
  while (words.takeSymbol('.')) parts.push(words.identifier())
  const column = parts.pop() ?? ''
  return { table: parts.length === 0 ? undefined : parts.join('.'), column }
}

function disjunction(words: Words, depth: number): Condition {
  const parts = [conjunction(words, depth)]
  while (words.take('OR')) parts.push(conjunction(words, depth))
  return single(parts) ?? { kind: 'or', parts }
}

function conjunction(words: Words, depth: number): Condition {
  const parts = [comparison(words, depth)]
  while (words.take('AND')) parts.push(comparison(words, depth))
  return single(parts) ?? { kind: 'and', parts }
}

function single(parts: readonly Condition[]): Condition | undefined {
  return parts.length === 1 ? parts[0] : undefined
}

function comparison(words: Words, depth: number): Condition {
  if (depth > MAX_DEPTH) throw new QueryError('Recursion limit exceeded: too many parentheses.')
  if (words.takeSymbol('(')) {
    const inner = disjunction(words, depth + 1)
    words.expectSymbol(')')
    return inner
  }
  const left = operand(words)
  if (words.next.kind !== 'symbol' || words.next.text === ')') {
    if ('literal' in left && left.literal.kind === 'boolean')
      return { kind: 'constant', value: left.literal.text === 'true' }
  }
  const operator = OPERATORS[words.next.text]
  if (words.next.kind !== 'symbol' || operator === undefined) throw words.unexpected('a comparison')
  words.advance()
  return { kind: 'compare', operator, left, right: operand(words) }
}

const OPERATORS: Readonly<Record<string, Operator>> = {
  '=': '=',
  '<>': '<>',
  '!=': '<>',
  '<': '<',
  '>': '>',
  '<=': '<=',
  '>=': '>=',
}

function operand(words: Words): Operand {
  const { kind, text } = words.next
  if (kind === 'number' || kind === 'text' || kind === 'hex')
    return { literal: { kind, text: words.advance().text } }
  if (kind === 'name') {
    const word = text.toLowerCase()
    if (word === 'true' || word === 'false') {
      words.advance()
      return { literal: { kind: 'boolean', text: word } }
    }
    if (word === ':sender') {
      words.advance()
      return { literal: { kind: 'sender', text: '' } }
    }
    if (word === 'not' || word === 'null')
      throw new QueryError(`Unsupported expression: ${text.toUpperCase()}`)
  }
  return { field: field(words) }
}
