import { mkdirSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { buildWeb } from './web.ts'

const folder = mkdtempSync(join(tmpdir(), 'noboil-web-'))
const [app, library] = [join(folder, 'app'), join(folder, 'library')]
const page = join(app, 'dist/index.html')

/** Writes a file that is as old as that. */
function write(file: string, hoursAgo: number, text = ''): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  const at = Date.now() / 1_000 - hoursAgo * 3_600
  utimesSync(file, at, at)
}

beforeAll(() => {
  vi.spyOn(console, 'log').mockReturnValue(undefined)
  write(join(app, 'index.html'), 9, '<!doctype html><title>App</title>')
  write(join(app, 'vite.config.ts'), 9, 'export default { build: { emptyOutDir: true } }')
  write(join(library, 'index.ts'), 9)
})

afterAll(() => rmSync(folder, { recursive: true }))

const isBuilt = async (): Promise<boolean> => {
  const before = statSync(page, { throwIfNoEntry: false })?.mtimeMs
  expect(await buildWeb(app, [library])).toBe(join(app, 'dist'))
  return statSync(page).mtimeMs !== before
}

test('an app is built when it has not been, and then no more', async () => {
  expect(await isBuilt()).toBe(true)
  expect(await isBuilt()).toBe(false)
})

test('a newer source of its own, or of what it is made of, has it built again', async () => {
  write(join(app, 'src/main.ts'), -1)
  expect(await isBuilt()).toBe(true)
  write(join(app, 'src/main.ts'), 9)
  write(join(library, 'deep/part.ts'), -1)
  expect(await isBuilt()).toBe(true)
  write(join(library, 'deep/part.ts'), 9)
  expect(await isBuilt()).toBe(false)
})

test('what is no part of an app leaves it as it is', async () => {
  write(join(app, 'test/core.test.ts'), -1)
  write(join(library, 'part.test.tsx'), -1)
  write(join(library, 'part.fixture.ts'), -1)
  write(join(library, 'node_modules/other/index.js'), -1)
  expect(await isBuilt()).toBe(false)
})
