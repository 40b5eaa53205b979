/**
 * Rows as documents and back. A document has its row's columns, an `_id` of Convex's own, and what only Convex needs: the time of
 * its transaction and the text it is found by.
 */
import { invalid } from '../../factories/shared/arguments.ts'
import type { Layout } from '../../schema/layout.ts'
import type { FieldType } from '../../schema/storable.ts'
import type { Row } from '../../schema/values.ts'
import { wordsOf } from '../../schema/words.ts'
import { createdAt, namedAt, searchText } from './names.ts'
import type { Document } from './ports.ts'

/** Longer words are in no search index of Convex. */
const maxTokenChars = 32
const storableKey = /^(?![$_])[\x20-\x7e]{1,1024}$/

/** Whether Convex takes a name that is data: the key of a record. */
export const isStorableKey = (key: string): boolean => storableKey.test(key)

/** The fields of a new document. */
export function encodeRow(layout: Layout, row: Row): Record<string, unknown> {
  const fields = encodeFields(layout, row)
  if (layout.creationTime === '_creationTime') fields[createdAt] = row['_creationTime']
  if (layout.search) fields[searchText] = textOf(layout, row)
  return fields
}

/** The fields that a patch of `row` writes; undefined clears one. */
export function encodePatch(layout: Layout, row: Row, set: Row): Record<string, unknown> {
  const fields = encodeFields(layout, set, row)
  if (layout.search?.fields.some((name) => name in set)) {
    fields[searchText] = textOf(layout, { ...row, ...set })
  }
  return fields
}

export function decodeRow(layout: Layout, document: Document): Row {
  const {
    [createdAt]: made,
    [searchText]: _,
    [namedAt]: _at,
    _creationTime: native,
    ...row
  } = document
  if (layout.internal === true) return decodeRecords(layout, row)
  const time = layout.creationTime
  if (time === createdAt) return { ...row, [createdAt]: made, _creationTime: made }
  return { ...row, _creationTime: made ?? Math.floor(native) }
}

/** The words of a token of a search, as far as Convex keeps them. */
export const tokenOf = (word: string): string => word.slice(0, maxTokenChars)

/** `before`: the row that is patched. */
function encodeFields(layout: Layout, row: Row, before: Row = {}): Record<string, unknown> {
  const fields: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(row)) {
    const field = layout.columns[name]
    if (field === undefined || name === '_id' || name === '_creationTime') continue
    if (layout.internal === true && field.type.kind === 'record') {
      if (name === 'total') assertNames(value as Totals, before[name] as Totals | undefined)
      fields[name] = JSON.stringify(value)
    } else {
      assertKeys(field.type, value, name)
      fields[name] = value
    }
  }
  return fields
}

function decodeRecords(layout: Layout, row: Record<string, unknown>): Row {
  for (const [name, field] of Object.entries(layout.columns)) {
    if (field.type.kind === 'record') row[name] = JSON.parse(row[name] as string)
  }
  return row
}

type Totals = Readonly<Record<string, Readonly<Record<string, number>>>>

/**
 * Values of counted fields are names in what `counts` answers; those that are there already are no matter of this write. An empty
 * one has no name, and is in no answer: it is what an erased row holds.
 */
function assertNames(totals: Totals, before: Totals = {}): void {
  for (const [field, values] of Object.entries(totals)) {
    const known = before[field] ?? {}
    const name = Object.keys(values).find(
      (value) => value !== '' && !isStorableKey(value) && !Object.hasOwn(known, value),
    )
    if (name === undefined) continue
    throw invalid(field, `The value '${shortened(name)}' cannot be counted on Convex: ${keyRule}`)
  }
}

/** What a refusal says of names that are data. */
export const keyRule: string =
  "names are 1 to 1,024 characters of printable ASCII, and do not begin with '$' or '_'."

export const shortened = (name: string): string =>
  name.length > 40 ? `${name.slice(0, 40)}…` : name

function textOf(layout: Layout, row: Row): string {
  const words = new Set<string>()
  for (const name of layout.search?.fields ?? []) {
    const text = row[name]
    if (typeof text === 'string') for (const word of wordsOf(text)) words.add(tokenOf(word))
  }
  return [...words].join(' ')
}

/** Keys of records are data, so only a write can say which ones Convex refuses. */
function assertKeys(type: FieldType, value: unknown, path: string): void {
  if (typeof value !== 'object' || value === null) return
  switch (type.kind) {
    case 'array':
      for (const [at, item] of (value as readonly unknown[]).entries()) {
        assertKeys(type.item.type, item, `${path}[${at}]`)
      }
      return
    case 'record':
      for (const [key, item] of Object.entries(value)) {
        if (!isStorableKey(key)) {
          throw invalid(
            `${path}.${key}`,
            `The key '${shortened(key)}' cannot be stored on Convex: ${keyRule}`,
          )
        }
        assertKeys(type.value.type, item, `${path}.${key}`)
      }
      return
    case 'object':
      for (const [name, field] of Object.entries(type.fields)) {
        assertKeys(field.type, (value as Row)[name], `${path}.${name}`)
      }
      return
    case 'union':
      for (const option of type.options) assertKeys(option.type, value, path)
      return
    default:
  }
}
