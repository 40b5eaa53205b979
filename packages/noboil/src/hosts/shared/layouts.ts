/** What a set of layouts must keep so that every host can store it. */
import { DefinitionError } from '../../errors/assert.ts'
import { assertLayout, type Layout } from '../../schema/layout.ts'
import { derivedLayout } from './derived.ts'
import { scheduleLayout } from './schedule.ts'

/** The app's layouts and the hosts' own, by name. Names are compared without regard to case, as SQL does. */
export function layoutsByName(layouts: readonly Layout[]): ReadonlyMap<string, Layout> {
  const byName = new Map<string, Layout>()
  const taken = new Map<string, string>()
  const take = (name: string, what: string): void => {
    const before = taken.get(name.toLowerCase())
    if (before !== undefined) throw new DefinitionError(`${what} and ${before} have the same name.`)
    taken.set(name.toLowerCase(), what)
  }
  for (const layout of [...layouts, scheduleLayout, derivedLayout]) {
    assertLayout(layout)
    take(layout.name, `Table '${layout.name}'`)
    for (const name of storeNames(layout)) take(name, `'${name}' (of table '${layout.name}')`)
    assertColumns(layout)
    byName.set(layout.name, layout)
  }
  return byName
}

/** What a store makes beside a table, by name. */
function storeNames(layout: Layout): string[] {
  const names = Object.keys(layout.indexes).map((name) => `${layout.name}__${name}`)
  return layout.search === undefined ? names : [...names, `${layout.name}__search`]
}

function assertColumns(layout: Layout): void {
  const seen = new Set<string>()
  for (const name of Object.keys(layout.columns)) {
    if (seen.has(name.toLowerCase())) {
      throw new DefinitionError(
        `Table '${layout.name}': field '${name}' differs from another only in upper and lower case.`,
      )
    }
    seen.add(name.toLowerCase())
  }
  for (const name of layout.key) {
    const field = layout.columns[name]
    if (field?.optional || field?.nullable) {
      throw new DefinitionError(`Table '${layout.name}': key field '${name}' may be missing.`)
    }
  }
  for (const name of layout.search?.fields ?? []) {
    if (layout.columns[name] === undefined) {
      throw new DefinitionError(
        `Table '${layout.name}': search names '${name}', which is not a field.`,
      )
    }
  }
  const { scope } = layout.search ?? {}
  if (scope !== undefined && layout.columns[scope] === undefined) {
    throw new DefinitionError(`Table '${layout.name}': search scope '${scope}' is not a field.`)
  }
}
