import { describeWrapper } from '../../../test/support/describe-wrapper.ts'
import { converse } from './conversation.ts'

describeWrapper({ name: 'ai 7', ask: (question) => converse(7, question) })
