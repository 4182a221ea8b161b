/** `@glovebox/core/checking`: for processes that check values against costly schemas. */
export { checkPayload } from './validation/schema-validator.ts'
