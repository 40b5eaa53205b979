/**
 * A module as one script: bundled from its TypeScript entry with everything it imports, except the host's own
 * `spacetime:sys@2.x`. The script is what a {@link ModuleHost} evaluates, in a fresh V8 context without Node.
 */
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import type { rolldown as Rolldown } from 'rolldown'
import { DefinitionError } from '../../errors/assert.ts'

export interface ModuleBundle {
  /** A function expression that takes the host's two interfaces and answers the module's exports. */
  readonly code: string
  /** The size of the code, in bytes. */
  readonly bytes: number
  /** Where it came from, for messages and stack traces. */
  readonly entry: string
}

/** A file, or source text as if it stood in a folder: what it imports is looked up from there. */
export type ModuleEntry = string | URL | ModuleSource

export interface ModuleSource {
  /** TypeScript text. */
  readonly source: string
  readonly folder: string
}

export interface BundleOptions {
  /** Conditions of package exports beside `import` and `default`. */
  readonly conditions?: readonly string[]
}

/**
 * Bundles a module with rolldown, which must be installed (Vite brings it).
 *
 * @throws {DefinitionError} when the entry cannot be bundled: a file that is missing, a syntax error, an import of a Node
 * package. SpacetimeDB refuses such a module as well.
 */
export async function bundleModule(
  entry: ModuleEntry,
  options: BundleOptions = {},
): Promise<ModuleBundle> {
  const { rolldown } = await loadRolldown()
  const name = nameOf(entry)
  const problems: string[] = []
  try {
    const bundle = await rolldown({
      input: name,
      platform: 'neutral',
      external: Object.keys(GLOBALS),
      resolve: {
        mainFields: ['module', 'main'],
        conditionNames: [...(options.conditions ?? processConditions()), 'import', 'default'],
      },
      transform: { target: 'es2024' },
      plugins:
        typeof entry === 'object' && 'source' in entry ? [virtualFile(name, entry.source)] : [],
      onLog: (level, log) => {
        if (level === 'warn' && log.code === 'UNRESOLVED_IMPORT') problems.push(log.message)
      },
    })
    const { output } = await bundle.generate({
      format: 'iife',
      name: '__module',
      exports: 'named',
      esModule: false,
      generatedCode: { symbols: false },
      globals: GLOBALS,
      codeSplitting: false,
      comments: { legal: false },
    })
    await bundle.close()
    if (problems.length > 0) throw new Error(problems.join('\n'))
    const code = wrap(output[0].code)
    return { code, bytes: Buffer.byteLength(code), entry: name }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new DefinitionError(
      `The module ${name} cannot be bundled: ${stripVTControlCharacters(reason).trim()}`,
    )
  }
}

const GLOBALS = { 'spacetime:sys@2.0': '__sys20', 'spacetime:sys@2.1': '__sys21' }

function wrap(iife: string): string {
  // Without exports there is no such variable.
  const module = 'typeof __module === "undefined" ? {} : __module'
  return `(function (__sys20, __sys21) { "use strict";\n${iife}\nreturn ${module}; })`
}

function nameOf(entry: ModuleEntry): string {
  if (typeof entry === 'string') return resolve(entry)
  return entry instanceof URL ? fileURLToPath(entry) : resolve(entry.folder, 'module.virtual.ts')
}

function virtualFile(id: string, source: string): { name: string } & Record<string, unknown> {
  return {
    name: 'module-source',
    resolveId: (requested: string) => (requested === id ? id : null),
    load: (requested: string) => (requested === id ? { code: source, moduleType: 'ts' } : null),
  }
}

/** The conditions this process was started with, so that a module resolves packages as its test does. */
function processConditions(): readonly string[] {
  return process.execArgv.flatMap((argument, at, all) => {
    const [flag, value] = argument.split('=')
    if (flag !== '--conditions' && flag !== '-C') return []
    return [value ?? all[at + 1] ?? []].flat()
  })
}

async function loadRolldown(): Promise<{ readonly rolldown: typeof Rolldown }> {
  try {
    return await import('rolldown')
  } catch {
    throw new DefinitionError(
      'Modules are bundled with rolldown, which is not installed: npm install --save-dev rolldown.',
    )
  }
}
