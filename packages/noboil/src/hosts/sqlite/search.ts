/**
 * Full-text rows: one FTS5 column of words that are split and lower-cased here, so that every host finds the same rows, and
 * for a scoped table one more token that names the scope, which narrows a search before any text is looked at.
 *
 * FTS5 writes what it holds in memory to disk at every savepoint, so rows are noted down while calls run and written once,
 * before the commit or before a search of the same transaction.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { Layout, SearchIndex } from '../../schema/layout.ts'
import { canonicalJson, fingerprint, type Row } from '../../schema/values.ts'
import { wordsOf } from '../../schema/words.ts'
import { quote } from './columns.ts'
import { prepare, type RowStatement } from './statements.ts'

/** Goes up when the text of full-text rows is made in another way: all are then made again. */
const searchVersion = 1

export function searchTable(layout: Layout): string {
  return quote(`${layout.name}__search`)
}

/**
 * A query for a beginning of one of these lengths reads one list, newest first, and stops when it has enough; a longer one first
 * gathers all its matches (200,000 of them: 20 ms instead of 0.3, measured). Each length makes rows dearer to write.
 */
const prefixLengths = '1 2 3 4 5 6'

/** Without the text itself, without positions; the ASCII tokenizer splits at spaces only, given words and `@`. */
export function createSearchSql(layout: Layout): string {
  return `CREATE VIRTUAL TABLE ${searchTable(layout)} USING fts5(words, content='', contentless_delete=1, detail=none, prefix='${prefixLengths}', tokenize="ascii tokenchars '@'")`
}

/** What search rows depend on, besides the rows. */
export function searchHash(search: SearchIndex): string {
  return fingerprint(canonicalJson([searchVersion, search.fields, search.scope ?? null]))
}

/** The tokens of a row. */
export function searchText(search: SearchIndex, row: Row): string {
  const words = new Set<string>()
  for (const name of search.fields) {
    const text = row[name]
    if (typeof text === 'string') for (const word of wordsOf(text)) words.add(word)
  }
  const all = [...words].join(' ')
  return search.scope === undefined ? all : `${scopeToken(row[search.scope])} ${all}`
}

/** The query for rows in which each word begins a word. */
export function matchText(search: SearchIndex, words: readonly string[], scope: unknown): string {
  const tests = words.map((word) => `"${word}" *`)
  if (search.scope !== undefined) tests.unshift(`"${scopeToken(scope)}"`)
  return tests.join(' AND ')
}

/** Rows are compared with the scope itself as well, so two scopes may share a token. */
function scopeToken(scope: unknown): string {
  return `@${fingerprint(canonicalJson(scope))}`
}

type Note = { readonly layout: Layout; readonly arrival: number; readonly text: string | undefined }

interface Mark {
  readonly notes: number
  readonly written: number
}

/** What a transaction has yet to write to search indexes. */
export class SearchNotes {
  readonly #db: DatabaseSync
  readonly #statements = new Map<
    string,
    { readonly put: RowStatement; readonly drop: RowStatement }
  >()
  readonly #marks: Mark[] = []
  #notes: Note[] = []
  #written = 0

  constructor(db: DatabaseSync) {
    this.#db = db
  }

  put(layout: Layout, arrival: number, text: string): void {
    this.#notes.push({ layout, arrival, text })
  }

  drop(layout: Layout, arrival: number): void {
    this.#notes.push({ layout, arrival, text: undefined })
  }

  write(): void {
    for (; this.#written < this.#notes.length; this.#written++) {
      const note = this.#notes[this.#written] as Note
      const { put, drop } = this.#statementsOf(note.layout)
      if (note.text === undefined) drop.run(note.arrival)
      else put.run(note.arrival, note.text)
    }
  }

  forget(): void {
    this.#notes = []
    this.#written = 0
    this.#marks.length = 0
  }

  savepoint(depth: number): void {
    this.#marks[depth] = { notes: this.#notes.length, written: this.#written }
  }

  rollbackTo(depth: number): void {
    const mark = this.#marks[depth] as Mark
    this.#notes.length = mark.notes
    this.#written = mark.written
  }

  #statementsOf(layout: Layout): { readonly put: RowStatement; readonly drop: RowStatement } {
    const known = this.#statements.get(layout.name)
    if (known !== undefined) return known
    const table = searchTable(layout)
    const statements = {
      put: prepare(this.#db, `INSERT OR REPLACE INTO ${table} (rowid, words) VALUES (?, ?)`),
      drop: prepare(this.#db, `DELETE FROM ${table} WHERE rowid = ?`),
    }
    this.#statements.set(layout.name, statements)
    return statements
  }
}
