import { dashboardPicture } from '../picture/picture.js';
import { releaseTemplate } from '../src/app/release-template.js';

/** `dashboard-picture.ts >../docs/images/dashboard.svg`: draws the dashboard for the guide. */
process.stdout.write(dashboardPicture(releaseTemplate('gatepost-authorizer-arm64.zip')));
