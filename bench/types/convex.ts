/**
 * The same project on Convex: a file of functions per table as an application exports them, the `api` that Convex's code generation
 * would write for those files, and the client over it.
 */
import { clientOf } from './client.ts'
import type { TableSketch } from './sketch.ts'

/** Files by path. `tables`: the lines that wire each table. */
export function convexFilesOf(
  sketches: readonly TableSketch[],
  tables: string,
): Readonly<Record<string, string>> {
  const modules = sketches.flatMap((table) => modulesOf(table))
  return {
    'lazy.ts': lazyOf(tables),
    ...Object.fromEntries(modules.map(({ path, text }) => [`convex/${path}.ts`, text])),
    'convexServer.ts': apiOf(modules.map(({ path }) => path)),
    'convexClient.ts': onConvex(clientOf(sketches)),
  }
}

function lazyOf(tables: string): string {
  return `import * as convex from 'convex/server'
import { defineTables, noboil, type WireTable } from 'noboil/convex'
import { s } from './schema.ts'

const tables = ({ table }: { readonly table: WireTable }) => ({
${tables}
})

export default convex.defineSchema({ ...defineTables(tables) })

export const api = noboil({
  query: convex.queryGeneric,
  mutation: convex.mutationGeneric,
  action: convex.actionGeneric,
  internalQuery: convex.internalQueryGeneric,
  internalMutation: convex.internalMutationGeneric,
  internalAction: convex.internalActionGeneric,
  getAuthUserId: async (ctx) => (await ctx.auth.getUserIdentity())?.subject ?? null,
  tables,
})
`
}

interface Module {
  readonly path: string
  readonly text: string
}

function modulesOf({ name, factory }: TableSketch): readonly Module[] {
  const file = (path: string, up: string, names: string, from: string): Module => ({
    path,
    text: `import { api } from '${up}lazy.ts'\n\nexport const { ${names} } = api.${from}\n`,
  })
  const own = file(name, '../', EXPORTS[factory], name)
  if (factory !== 'log') return [own]
  return [own, file(`${name}/auth`, '../../', 'list, listAfter, read, search', `${name}.auth`)]
}

const EXPORTS: Readonly<Record<TableSketch['factory'], string>> = {
  owned: 'create, createBulk, list, read, restore, rm, rmBulk, search, update, updateBulk',
  log: 'append, appendBulk, authIndexed, counts, list, listAfter, purgeByParent, read, restoreByParent, rm, rmBulk, search, update',
  child: 'create, createBulk, list, read, restore, rm, rmBulk, search, update, updateBulk',
  kv: 'get, list, restore, rm, set',
  singleton: 'get, upsert',
  quota: 'check, consume, record',
}

function apiOf(paths: readonly string[]): string {
  const named = paths.map((path) => ({ path, name: path.replaceAll('/', '_') }))
  return `import { anyApi, type ApiFromModules, type FilterApi, type FunctionReference } from 'convex/server'
${named.map(({ path, name }) => `import type * as ${name} from './convex/${path}.ts'`).join('\n')}

type Modules = {
${named.map(({ path, name }) => `  '${path}': typeof ${name}`).join('\n')}
}

export const api: FilterApi<ApiFromModules<Modules>, FunctionReference<any, 'public'>> = anyApi as any
`
}

/** Only where the client and its references come from differs between the hosts. */
function onConvex(client: string): string {
  const body = client.slice(client.indexOf('function never()'))
  return `import { ConvexReactClient } from 'convex/react'
import { useKv, useList, useLog, useMut, useQuery, useQuota, useSingleton } from 'noboil/convex/react'
import { api } from './convexServer.ts'

export const client = new ConvexReactClient('https://example.convex.cloud')

${body}`
}
