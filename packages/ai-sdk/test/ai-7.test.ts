import { describeWrapper } from '@glovebox/testing/describe-wrapper'
import { converse } from './conversation.ts'

describeWrapper({ name: 'ai 7', ask: (question) => converse(7, question) })
