/** Every case there is, in the order in which the table shows them. */
import { matrixCases } from '../matrix/matrix.ts'
import type { Case } from './case.ts'
import { childCases } from './child.ts'
import { concurrentCases } from './concurrent.ts'
import { kvCases } from './kv.ts'
import { logAppendCases } from './log-append.ts'
import { logEditCases } from './log-edit.ts'
import { logReadCases } from './log-read.ts'
import { malformedCases } from './malformed.ts'
import { ownedReadCases } from './owned-read.ts'
import { ownedWriteCases } from './owned-write.ts'
import { quotaCases } from './quota.ts'
import { randomCases } from './random.ts'
import { singletonCases } from './singleton.ts'

export const allCases: readonly Case[] = [
  ...ownedWriteCases,
  ...ownedReadCases,
  ...childCases,
  ...logAppendCases,
  ...logEditCases,
  ...logReadCases,
  ...kvCases,
  ...singletonCases,
  ...quotaCases,
  ...concurrentCases,
  ...randomCases,
  ...matrixCases,
  ...malformedCases,
]
