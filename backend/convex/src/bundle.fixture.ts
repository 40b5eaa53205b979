/**
 * The files of `convex/` bundled as Convex's CLI bundles them for its runtime, which is no Node: described after
 * `convex/src/bundler`.
 */
import { globSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build, type BuildOptions } from 'esbuild'

const root = resolve(import.meta.dirname, '../../..')
const folder = join(import.meta.dirname, '../convex')

/** The files whose exports become functions, by their path in `convex/`, without extension. */
export const modulePaths: readonly string[] = globSync('**/*.ts', { cwd: folder })
  .filter((path) => !path.startsWith('_generated/') && path !== 'schema.ts')
  // `auth.config.ts` is read by the CLI and no module.
  .filter((path) => path.split('.').length === 2)
  .map((path) => path.replace(/\.ts$/, ''))
  .toSorted()

const options: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  platform: 'browser',
  target: 'esnext',
  jsx: 'automatic',
  // The CLI's own, and the one that spares a build of the library before its tests.
  conditions: ['convex', 'module', 'noboil-source'],
  write: false,
  minifySyntax: true,
  minifyIdentifiers: true,
  keepNames: true,
  define: { 'process.env.NODE_ENV': '"production"' },
  logLevel: 'silent',
}

export interface Bundle {
  /** Everything that was pulled in: paths from the root of the repository. */
  readonly inputs: readonly string[]
  readonly bytes: number
}

/** All of them, as they are deployed. Rejects when one needs what only Node has. */
export async function bundleAll(): Promise<Bundle> {
  const { metafile, outputFiles } = await build({
    ...options,
    entryPoints: [...modulePaths, 'schema'].map((path) => join(folder, `${path}.ts`)),
    format: 'esm',
    outdir: 'out',
    outbase: folder,
    splitting: true,
    chunkNames: '_deps/[hash]',
    metafile: true,
  })
  return {
    inputs: Object.keys(metafile?.inputs ?? {}),
    bytes: (outputFiles ?? []).reduce((sum, { contents }) => sum + contents.length, 0),
  }
}

/** All of them as one script, which leaves what they export in the global `modules`, by path. */
export async function bundleScript(): Promise<string> {
  const contents = modulePaths.map(
    (path) => `export * as ${JSON.stringify(path)} from './${path}.ts'`,
  )
  const { outputFiles = [] } = await build({
    ...options,
    stdin: { contents: contents.join('\n'), resolveDir: folder, loader: 'ts' },
    format: 'iife',
    globalName: 'modules',
  })
  return outputFiles.map(({ text }) => text).join('\n')
}
