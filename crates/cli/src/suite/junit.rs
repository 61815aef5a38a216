//! A run as `JUnit` XML, which most CI systems read.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::outcome::Run;

/// The XML.
///
/// # Errors
///
/// When it cannot be written as XML.
pub(crate) fn junit(run: &Run) -> anyhow::Result<String> {
    let mut report = Report::new("gatepost test");
    for (path, outcomes) in &run.suites {
        let mut suite = TestSuite::new(path.display().to_string());
        for outcome in outcomes {
            let status = if outcome.passed() {
                TestCaseStatus::success()
            } else {
                let mut failure = TestCaseStatus::non_success(NonSuccessKind::Failure);
                failure.set_message(outcome.difference());
                failure.set_description(outcome.why.join("\n"));
                failure
            };
            let name = format!("{}: {} {}", outcome.principal, outcome.verb, outcome.path);
            let mut case = TestCase::new(name, status);
            case.set_classname(path.display().to_string());
            suite.add_test_case(case);
        }
        report.add_test_suite(suite);
    }
    Ok(report.to_string()?)
}
