/** Apps of the samples, deployed to Convex's stand-in. */
// oxlint-disable typescript/no-explicit-any -- what the samples export is made at run time and has no type here
import * as convex from 'convex/server'
import { defineTables } from 'noboil/convex'
import { createTestDeployment, type TestDeployment } from 'noboil/convex/testing'

export interface Deploying {
  /** The app that the sample wires. */
  readonly app: any
  readonly tables: (build: never) => any
  readonly files: Readonly<Record<string, object>>
  readonly base?: readonly any[]
}

export function deploy({ app, tables, files, base = [] }: Deploying): TestDeployment {
  const modules = Object.entries({ ...files, noboil: app.background as object }).map(
    ([path, file]) => [`/convex/${path}.ts`, async () => file] as const,
  )
  const schema: unknown = defineTables(tables, { base })
  return createTestDeployment({
    schema: convex.defineSchema(schema as convex.GenericSchema),
    modules: { '/convex/_generated/api.js': async () => ({}), ...Object.fromEntries(modules) },
  })
}

/** Somebody whose row is there, and calls as them. */
export async function person(deployment: TestDeployment, role?: string) {
  const subject = await deployment.run((ctx) =>
    ctx.db.insert('users', { name: 'Ann', ...(role && { role }) }),
  )
  return { ...deployment.as({ subject }), id: subject as string }
}

/** The tables that the app of a page was made of. */
export function tablesWiring(
  table: string,
  { configs }: { readonly configs: readonly Pick<Deploying, 'tables'>[] },
): Deploying['tables'] {
  const wire = (): object => ({})
  const found = configs.find(({ tables }) => table in tables({ table: wire } as never))
  if (found === undefined) throw new Error(`No sample wires '${table}'.`)
  return found.tables
}
