/** The library's declaration files, as an installed package would have them: made from the sources of today. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const LIBRARY = join(import.meta.dirname, '../../packages/noboil')

export interface Compiled {
  readonly status: number | null
  readonly output: string
}

export function tsc(...args: readonly string[]): Compiled {
  const home = dirname(createRequire(import.meta.url).resolve('typescript/package.json'))
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(home, 'bin/tsc'), '--pretty', 'false', ...args],
    { encoding: 'utf8', maxBuffer: 64 * 2 ** 20 },
  )
  return { status, output: `${stdout}${stderr}` }
}

/** Emits into `outDir` and answers where each entry of the package is, for `paths` of a tsconfig. */
export function emitDeclarations(outDir: string): Readonly<Record<string, readonly string[]>> {
  rmSync(outDir, { recursive: true, force: true })
  mkdirSync(outDir, { recursive: true })
  // Modules are read as their nearest package.json says.
  writeFileSync(join(outDir, 'package.json'), `${JSON.stringify({ type: 'module' })}\n`)
  const build = join(LIBRARY, 'tsconfig.build.json')
  const only = ['--emitDeclarationOnly', '--declarationMap', 'false', '--sourceMap', 'false']
  const { output } = tsc('-p', build, '--outDir', outDir, ...only)
  const paths = Object.fromEntries(
    entries().flatMap(({ name, source }) => {
      const file = join(outDir, source.replace(/^\.\/src\//, '').replace(/\.ts$/, '.d.ts'))
      return existsSync(file) ? [[name, [file]]] : []
    }),
  )
  if (Object.keys(paths).length === 0) throw new Error(`no declarations were emitted:\n${output}`)
  return paths
}

/** The entries of the package with the sources behind them. */
function entries(): readonly { readonly name: string; readonly source: string }[] {
  const { exports } = JSON.parse(readFileSync(join(LIBRARY, 'package.json'), 'utf8')) as {
    exports: Record<string, string | { 'noboil-source'?: string }>
  }
  return Object.entries(exports).flatMap(([path, conditions]) => {
    const source = typeof conditions === 'string' ? undefined : conditions['noboil-source']
    return source === undefined ? [] : [{ name: `noboil${path.slice(1)}`, source }]
  })
}
