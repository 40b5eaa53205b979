/** Runs before the library is packed or published: a fresh build, and the documents that belong beside it. @module */
import { buildLibrary, copyDocuments } from './library.ts'

copyDocuments()
process.exitCode = buildLibrary() ? 0 : 1
