/**
 * Files made of Markdown, written beside each other where the package resolves, and compiled in one run.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')

/** Source by path, relative to the project. */
export type Sources = ReadonlyMap<string, string>

/** Writes the files into a fresh folder. Answers its path. */
export function writeProject(name: string, sources: Sources): string {
  const folder = join(import.meta.dirname, '.cache', name)
  rmSync(folder, { recursive: true, force: true })
  for (const [path, text] of sources) {
    const file = join(folder, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
  const config = {
    extends: join(root, 'tsconfig.app.json'),
    compilerOptions: {
      module: 'esnext',
      moduleResolution: 'bundler',
      customConditions: ['noboil-source'],
      rewriteRelativeImportExtensions: false,
    },
    include: ['**/*'],
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  return folder
}

/** What tsc has to say of a project; empty when it is clean. */
export function complaintsOf(folder: string): string {
  const tsc = join(root, 'node_modules/.bin/tsc')
  const { error, stdout, stderr } = spawnSync(process.execPath, [tsc, '-p', folder, '--noEmit'], {
    encoding: 'utf8',
  })
  if (error) throw error
  return `${stdout}${stderr}`.trim()
}
