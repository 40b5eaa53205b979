/**
 * `convex/_generated` for the pages that show an app on Convex: what Convex's CLI would write beside the files they show.
 */
import type { GuideFile } from './guides.ts'
import { lines } from './frames.ts'
import type { Sources } from './project.ts'

export function generatedFor(files: readonly GuideFile[]): Sources {
  const sources = new Map<string, string>()
  for (const folder of foldersOf(files)) {
    const modules = files.flatMap(({ path }) => {
      const name = path.startsWith(folder) ? path.slice(folder.length).replace(/\.ts$/, '') : ''
      return name === '' || name === 'schema' ? [] : [name]
    })
    const imports = modules.map((name, at) => `import type * as m${at} from '../${name}.ts'`)
    const types = modules.map((name, at) => `'${name}': typeof m${at}`)
    sources.set(`${folder}_generated/server.js`, serverJs)
    sources.set(`${folder}_generated/server.d.ts`, serverTypes)
    sources.set(`${folder}_generated/api.js`, apiJs)
    sources.set(
      `${folder}_generated/api.d.ts`,
      lines(
        `import type { ApiFromModules, FilterApi, FunctionReference } from 'convex/server'`,
        ...imports,
        `type Full = ApiFromModules<{ ${types.join('; ')} }>`,
        `type Kind = 'query' | 'mutation' | 'action'`,
        `export declare const api: FilterApi<Full, FunctionReference<Kind, 'public'>>`,
        `export declare const internal: FilterApi<Full, FunctionReference<Kind, 'internal'>>`,
      ),
    )
  }
  return sources
}

/** The folders `convex/` of the pages that have a schema in one. */
const foldersOf = (files: readonly GuideFile[]): readonly string[] =>
  files.flatMap(({ path }) => {
    const found = /^(.+\/convex\/)schema\.ts$/.exec(path)
    return found === null ? [] : [found[1] as string]
  })

const apiJs = lines(
  `import { anyApi } from 'convex/server'`,
  'export const api = anyApi',
  'export const internal = anyApi',
)

const builders = ['Query', 'Mutation', 'Action']

const serverJs = lines(
  `import * as convex from 'convex/server'`,
  ...builders.flatMap((kind) => [
    `export const ${kind.toLowerCase()} = convex.${kind.toLowerCase()}Generic`,
    `export const internal${kind} = convex.internal${kind}Generic`,
  ]),
)

const serverTypes = lines(
  `import type * as convex from 'convex/server'`,
  `import type schema from '../schema.ts'`,
  'type DataModel = convex.DataModelFromSchemaDefinition<typeof schema>',
  ...builders.flatMap((kind) => [
    `export declare const ${kind.toLowerCase()}: convex.${kind}Builder<DataModel, 'public'>`,
    `export declare const internal${kind}: convex.${kind}Builder<DataModel, 'internal'>`,
  ]),
)
