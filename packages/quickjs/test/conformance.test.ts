import { describeAdapter } from '@glovebox/conformance'
import { quickjs } from '@glovebox/quickjs'

describeAdapter({ name: 'quickjs', create: () => quickjs() })
