import { api } from '../lazy.ts'

export const { create, list, read, restore, rm, update } = api.comment
