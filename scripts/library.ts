import { copyFileSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { capture, show } from './command.ts'
import { LIBRARY, ROOT } from './workspaces.ts'

/** Compiles the library with plain tsc into a fresh packages/noboil/dist. Answers whether it succeeded. */
export function buildLibrary(): boolean {
  rmSync(join(LIBRARY, 'dist'), { recursive: true, force: true })
  return show('tsc', ['--project', 'tsconfig.build.json', '--pretty', 'false'], LIBRARY)
}

/** Builds the library and packs it into a folder, as it would be published. Answers the path of the tarball. */
export function packLibrary(folder: string): string {
  mkdirSync(folder, { recursive: true })
  const { ok, output } = capture('npm', ['pack', '--pack-destination', folder], LIBRARY)
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'))
  if (!ok || tarball === undefined) throw new Error(`npm pack failed:\n${output}`)
  return join(folder, tarball)
}

/** What a published package needs beside its code and the repository keeps once, at its root. */
export function copyDocuments(): void {
  for (const name of ['LICENSE', 'README.md']) copyFileSync(join(ROOT, name), join(LIBRARY, name))
}
