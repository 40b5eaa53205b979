import { api } from '../lazy.ts'

export const {
  append,
  appendBulk,
  authIndexed,
  counts,
  list,
  listAfter,
  purgeByParent,
  read,
  restoreByParent,
  rm,
  rmBulk,
  update,
} = api.vote
