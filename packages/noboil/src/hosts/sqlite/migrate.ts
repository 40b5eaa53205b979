/**
 * Brings the tables of a file to the layouts. What adds runs by itself: new tables, fields that may be missing or have a
 * default, indexes, search. What would lose or break stored data is refused with the whole plan.
 */
import type { DatabaseSync } from 'node:sqlite'
import { DefinitionError } from '../../errors/assert.ts'
import { quote, sqlTypes, storageOf } from './columns.ts'
import { createIndexSql, createTableSql, indexName } from './ddl.ts'
import { accepts, describe, fieldText, type TableDescription } from './describe.ts'
import { isConstraintError } from './errors.ts'
import { fillField, rebuildSearch } from './fill.ts'
import { readMeta, writeMeta } from './meta.ts'
import { searchTable } from './search.ts'
import type { SqlTable } from './table.ts'
import { arrivalIndexName } from './ddl.ts'

export interface Migration {
  readonly db: DatabaseSync
  readonly file: string
  readonly tables: readonly SqlTable[]
  /** Tables whose rows follow from others': a change of their columns makes them anew. */
  readonly derived: ReadonlySet<string>
  readonly acceptDataLoss: readonly string[]
  readonly log: (line: string) => void
}

interface Step {
  readonly text: string
  /** Absent: the step is refused. */
  readonly run?: () => void | Promise<void>
  /** Of a refused step: how the person goes on. */
  readonly advice?: string
  /** Rows or values go for good. */
  readonly isDestructive?: boolean
  /** The table that begins without rows. */
  readonly begins?: string
}

/**
 * Runs inside the caller's transaction, and answers the tables that begin without rows. Throws a `DefinitionError` that prints the
 * plan when a step of it is refused.
 */
export async function migrate(migration: Migration): Promise<ReadonlySet<string>> {
  const { db, tables, log } = migration
  const stored = JSON.parse(readMeta(db, 'schema') ?? '{}') as Record<string, TableDescription>
  const steps = planOf(migration, stored)
  if (steps.some((step) => step.run === undefined)) {
    throw new DefinitionError(refusalText(migration.file, steps))
  }
  for (const step of steps) {
    log(step.text)
    await step.run?.()
  }
  const described = Object.fromEntries(tables.map((table) => [table.layout.name, describe(table)]))
  writeMeta(db, 'schema', JSON.stringify(described))
  return new Set(steps.flatMap(({ begins }) => begins ?? []))
}

function planOf(migration: Migration, stored: Readonly<Record<string, TableDescription>>): Step[] {
  const { tables } = migration
  const declared = new Set(tables.map((table) => table.layout.name))
  const dropped = Object.keys(stored).filter((name) => !declared.has(name))
  const steps = dropped.map((name) =>
    dropTableStep(migration, name, stored[name]?.internal === true),
  )
  for (const table of tables) {
    const before = stored[table.layout.name]
    if (before === undefined) steps.push(createStep(migration, table))
    else steps.push(...tableSteps(migration, table, before))
  }
  return steps
}

function createStep(migration: Migration, table: SqlTable): Step {
  const { db, log } = migration
  const { search, name } = table.layout
  return {
    text: `create table ${name}`,
    begins: name,
    async run() {
      db.exec(createTableSql(table))
      for (const sql of createIndexSql(table).values()) db.exec(sql)
      if (search !== undefined) await rebuildSearch(db, table, log)
    },
  }
}

function dropTableStep(migration: Migration, name: string, isInternal: boolean): Step {
  const { db, acceptDataLoss } = migration
  const rows = countRows(db, name)
  const text = `drop ${isInternal ? 'internal ' : ''}table ${name} (${rows} rows)`
  const run = (): void => dropTable(db, name)
  if (rows === 0 || isInternal) return { text, run }
  if (acceptDataLoss.includes(name)) return { text, run, isDestructive: true }
  const advice = `declare '${name}' again, or pass acceptDataLoss: ['${name}']`
  return { text, advice, isDestructive: true }
}

function tableSteps(migration: Migration, table: SqlTable, before: TableDescription): Step[] {
  const steps = [...fieldSteps(migration, table, before)]
  const { name, key } = table.layout
  if (key.join() !== before.key.join()) {
    const text = `change the key of ${name} from (${before.key.join(', ')}) to (${key.join(', ')})`
    const advice = `rows cannot be rearranged by themselves; give the table a new name, or pass acceptDataLoss: ['${name}'] to begin it anew without its rows`
    steps.push({ text, advice, isDestructive: true })
  }
  const isRefused = steps.some((step) => step.run === undefined)
  const isDerived = migration.derived.has(name)
  if (isDerived ? steps.length > 0 : isRefused && isReplaceable(migration, name)) {
    const rows = countRows(migration.db, name)
    return [
      {
        text: `make table ${name} anew (${rows} rows)`,
        isDestructive: rows > 0 && !isDerived,
        begins: name,
        async run() {
          dropTable(migration.db, name)
          await createStep(migration, table).run?.()
        },
      },
    ]
  }
  return [
    ...steps,
    ...indexSteps(migration, table, before),
    ...searchSteps(migration, table, before),
  ]
}

function isReplaceable({ db, acceptDataLoss }: Migration, name: string): boolean {
  return countRows(db, name) === 0 || acceptDataLoss.includes(name)
}

function fieldSteps(migration: Migration, table: SqlTable, before: TableDescription): Step[] {
  const steps: Step[] = []
  for (const name of Object.keys(before.columns)) {
    if (!table.byName.has(name)) steps.push(dropFieldStep(migration, table, before, name))
  }
  for (const { name } of table.columns) {
    const step = fieldStep(migration, table, before, name)
    if (step !== undefined) steps.push(step)
  }
  return steps
}

function dropFieldStep(
  migration: Migration,
  table: SqlTable,
  before: TableDescription,
  field: string,
): Step {
  const { db, acceptDataLoss } = migration
  const { name } = table.layout
  const path = `${name}.${field}`
  const text = `drop field ${path}`
  if (!acceptDataLoss.includes(path) || before.key.includes(field)) {
    const advice = `declare it again (as optional, if new rows lack it), or pass acceptDataLoss: ['${path}']`
    return { text, advice, isDestructive: true }
  }
  return {
    text,
    isDestructive: true,
    run() {
      // SQLite drops no column that an index names; indexes that are still declared do not.
      for (const [index, { columns }] of Object.entries(before.indexes)) {
        if (columns.includes(field)) db.exec(`DROP INDEX IF EXISTS ${indexName(name, index)}`)
      }
      db.exec(`ALTER TABLE ${table.quoted} DROP COLUMN ${quote(field)}`)
    },
  }
}

function fieldStep(
  migration: Migration,
  table: SqlTable,
  before: TableDescription,
  name: string,
): Step | undefined {
  const { db, log } = migration
  const column = table.column(name)
  const { field } = column
  const old = before.columns[name]
  const path = `${table.layout.name}.${name}`
  const fill = (): Promise<void> => fillField(db, table, column, log)
  if (old === undefined) {
    const text = `add field ${path}: ${fieldText(field)}`
    const add = (): void =>
      db.exec(`ALTER TABLE ${table.quoted} ADD COLUMN ${column.quoted} ${sqlTypes[column.storage]}`)
    if (field.fallback !== undefined) {
      return {
        text: `${text}, filled with its default`,
        async run() {
          add()
          await fill()
        },
      }
    }
    if (field.optional) return { text, run: add }
    return { text, advice: 'rows that are there lack it; make it optional, or give it a default' }
  }
  if (accepts(field, old)) return undefined
  const text = `change field ${path} from ${fieldText(old)} to ${fieldText(field)}`
  if (storageOf(old) === storageOf(field) && accepts({ ...field, optional: true }, old)) {
    if (field.fallback !== undefined) return { text: `${text}, filled with its default`, run: fill }
    return { text, advice: 'rows may lack it; keep it optional, or give it a default' }
  }
  const advice =
    'stored values may not be of the new type; declare a new field beside it, copy the values over, and drop the old one after'
  return { text, advice }
}

function indexSteps(migration: Migration, table: SqlTable, before: TableDescription): Step[] {
  const { db } = migration
  const { name } = table.layout
  const statements = createIndexSql(table)
  const now = describe(table).indexes
  const steps: Step[] = []
  const isSame = (index: string): boolean =>
    JSON.stringify(now[index]) === JSON.stringify(before.indexes[index]) &&
    sameAbsence(table, before, index)
  for (const index of Object.keys(before.indexes)) {
    if (isSame(index)) continue
    steps.push({
      text: `drop index ${name}.${index}`,
      run: () => db.exec(`DROP INDEX IF EXISTS ${indexName(name, index)}`),
    })
  }
  for (const [index, sql] of statements) {
    if (before.indexes[index] !== undefined && isSame(index)) continue
    steps.push({
      text: `create index ${name}.${index}`,
      run: () => createIndex(db, name, index, sql),
    })
  }
  return steps
}

/** A unique index leaves out rows that lack an optional field, so it depends on which fields are optional. */
function sameAbsence(table: SqlTable, before: TableDescription, index: string): boolean {
  const { columns = [], unique = false } = before.indexes[index] ?? {}
  if (!unique) return true
  return columns.every((name) => {
    const old = before.columns[name]
    const now = table.byName.get(name)?.field
    return (old?.optional || old?.nullable) === (now?.optional || now?.nullable)
  })
}

function createIndex(db: DatabaseSync, table: string, index: string, sql: string): void {
  try {
    db.exec(sql)
  } catch (error) {
    if (!isConstraintError(error)) throw error
    throw new DefinitionError(
      `Unique index '${index}' of table '${table}' cannot be made: rows that are stored already share its values. Change them first, or leave the index out.`,
    )
  }
}

function searchSteps(migration: Migration, table: SqlTable, before: TableDescription): Step[] {
  const { db, log } = migration
  const { name } = table.layout
  const now = describe(table).search
  if (now === before.search) return []
  if (now === null) return [{ text: `drop search of ${name}`, run: () => dropSearch(db, table) }]
  return [{ text: `build search of ${name}`, run: () => rebuildSearch(db, table, log) }]
}

function dropSearch(db: DatabaseSync, table: SqlTable): void {
  db.exec(`DROP TABLE IF EXISTS ${searchTable(table.layout)}`)
  db.exec(`DROP INDEX IF EXISTS ${arrivalIndexName(table.layout.name)}`)
}

function dropTable(db: DatabaseSync, name: string): void {
  db.exec(`DROP TABLE IF EXISTS ${quote(`${name}__search`)}`)
  db.exec(`DROP TABLE ${quote(name)}`)
}

function countRows(db: DatabaseSync, table: string): number {
  return db.prepare(`SELECT count(*) AS rows FROM ${quote(table)}`).get()?.['rows'] as number
}

function refusalText(file: string, steps: readonly Step[]): string {
  const lines = steps.map((step) => {
    const mark = step.run === undefined ? 'REFUSED' : '     ok'
    const loss = step.isDestructive === true ? ' [destructive]' : ''
    const advice = step.advice === undefined ? '' : `\n            ${step.advice}`
    return `  ${mark}  ${step.text}${loss}${advice}`
  })
  return [
    `The tables of '${file}' cannot be brought to the schema without losing or breaking what is stored. Nothing has been changed. The plan:`,
    ...lines,
  ].join('\n')
}
