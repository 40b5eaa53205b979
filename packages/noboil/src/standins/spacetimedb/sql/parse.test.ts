import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type Condition,
  type Literal,
  type Operand,
  parseQuery,
  type ParsedQuery,
} from './parse.ts'
import { QueryError } from './tokens.ts'

const name = fc.stringMatching(/^[a-z_][a-z0-9_]{0,8}$/).map((text) => `x${text}`)
const literal: fc.Arbitrary<Literal> = fc.oneof(
  fc.record({ kind: fc.constant('number' as const), text: fc.integer().map(String) }),
  fc.record({ kind: fc.constant('text' as const), text: fc.string({ maxLength: 12 }) }),
  fc.record({
    kind: fc.constant('hex' as const),
    text: fc.stringMatching(/^[0-9a-f]{2,12}$/),
  }),
  fc.record({ kind: fc.constant('boolean' as const), text: fc.constantFrom('true', 'false') }),
  fc.constant({ kind: 'sender' as const, text: '' }),
)
const field = fc.record({ table: fc.option(name, { nil: undefined }), column: name })
const operand: fc.Arbitrary<Operand> = fc.oneof(fc.record({ field }), fc.record({ literal }))
const { condition } = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { depthSize: 'small' },
    fc.record({
      kind: fc.constant('compare' as const),
      operator: fc.constantFrom('=', '<>', '<', '>', '<=', '>='),
      left: operand,
      right: operand,
    }) as fc.Arbitrary<Condition>,
    fc.record({
      kind: fc.constantFrom('and' as const, 'or' as const),
      parts: fc.array(tie('condition'), { minLength: 2, maxLength: 3 }),
    }),
    fc.record({ kind: fc.constant('constant' as const), value: fc.boolean() }),
  ),
}))
const source = fc.record({ table: name, alias: name })
const query: fc.Arbitrary<ParsedQuery> = fc.record({
  projection: fc.option(name, { nil: undefined }),
  from: source,
  join: fc.option(fc.record({ source, left: field, right: field }), { nil: undefined }),
  where: fc.option(condition, { nil: undefined }),
})

function write({ projection, from, join, where }: ParsedQuery): string {
  const named = ({ table, alias }: ParsedQuery['from']): string => `${table} AS ${alias}`
  return [
    `SELECT ${projection === undefined ? '*' : `"${projection}".*`} FROM ${named(from)}`,
    join && `JOIN ${named(join.source)} ON ${writeField(join.left)} = ${writeField(join.right)}`,
    where && `WHERE ${writeCondition(where)}`,
  ]
    .filter(Boolean)
    .join(' ')
}

function writeField({ table, column }: Extract<Operand, { field: unknown }>['field']): string {
  return table === undefined ? column : `"${table}".${column}`
}

function writeOperand(one: Operand): string {
  if ('field' in one) return writeField(one.field)
  const { kind, text } = one.literal
  if (kind === 'text') return `'${text.replaceAll("'", "''")}'`
  if (kind === 'hex') return `0x${text}`
  return kind === 'sender' ? ':sender' : text
}

function writeCondition(one: Condition): string {
  if (one.kind === 'constant') return String(one.value).toUpperCase()
  if (one.kind === 'compare')
    return `${writeOperand(one.left)} ${one.operator} ${writeOperand(one.right)}`
  return one.parts.map((part) => `(${writeCondition(part)})`).join(` ${one.kind.toUpperCase()} `)
}

test('a query is read as it was written', () => {
  fc.assert(
    fc.property(query, (one) => {
      expect(parseQuery(write(one))).toEqual(one)
    }),
    { numRuns: 200 },
  )
})

describe('what is no query', () => {
  const refusedOrRead = (sql: string): void => {
    try {
      parseQuery(sql)
    } catch (error) {
      expect(error).toBeInstanceOf(QueryError)
      expect((error as Error).message).not.toBe('')
    }
  }

  test('is refused with a sentence, whatever it is', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme', maxLength: 80 }), refusedOrRead), {
      numRuns: 500,
    })
  })

  test('is refused with a sentence when it is made of a query’s words', () => {
    const words = fc.constantFrom(
      ...['SELECT', '*', 'FROM', 'item', 'AS', 'i', 'JOIN', 'INNER', 'ON', 'WHERE', 'AND', 'OR'],
      ...['NOT', 'NULL', 'i.', '.', '=', '<>', '<=', '(', ')', '1', '-1', "'t'", '0xff', 'TRUE'],
      ...[':sender', '"q"', ',', ';', 'ORDER', 'LIMIT', "'", '"', '--', '1.5e3', 'id'],
    )
    fc.assert(
      fc.property(fc.array(words, { maxLength: 25 }), (list) => refusedOrRead(list.join(' '))),
      { numRuns: 500 },
    )
  })

  test.each([
    ['parentheses', `SELECT * FROM a WHERE ${'('.repeat(20_000)}`, 'Recursion limit exceeded'],
    ['spaces', `SELECT${' '.repeat(49_000)}x`, 'was expected'],
    ['quotes', `SELECT * FROM a WHERE b = ${"'".repeat(48_001)}`, 'cannot be read'],
    ['digits', `SELECT * FROM a WHERE b = ${'9'.repeat(48_000)}x`, 'its end was expected'],
    ['characters', `SELECT * FROM a${' '.repeat(50_000)}`, 'A query may have 50000 characters'],
  ])('is refused when it is very many %s', (_name, sql, message) => {
    expect(() => parseQuery(sql)).toThrow(message)
  })

  test('is not a query of very many conditions', () => {
    const { where } = parseQuery(`SELECT * FROM a WHERE ${'a = 1 AND '.repeat(4900)}a = 1`)
    expect(where).toMatchObject({ kind: 'and', parts: { length: 4901 } })
  })
})
