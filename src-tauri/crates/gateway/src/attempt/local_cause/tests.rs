use std::io::{Error, ErrorKind};

use super::LocalCause;

/// Errors while a connection is opened, and their cause on this machine.
#[cfg(unix)]
#[test]
fn the_own_resources_of_this_machine_are_never_the_providers_fault() {
    use rustix::io::Errno;
    for (errno, cause) in [
        (Errno::MFILE, Some(LocalCause::Resources)),
        (Errno::NFILE, Some(LocalCause::Resources)),
        (Errno::NOBUFS, Some(LocalCause::Resources)),
        (Errno::ADDRNOTAVAIL, Some(LocalCause::Resources)),
        (Errno::NOMEM, Some(LocalCause::Resources)),
        (Errno::NETUNREACH, Some(LocalCause::Offline)),
        (Errno::NETDOWN, Some(LocalCause::Offline)),
        (Errno::CONNREFUSED, None),
        (Errno::CONNRESET, None),
        (Errno::TIMEDOUT, None),
        (Errno::HOSTUNREACH, None),
    ] {
        let error = Error::from(errno);
        assert_eq!(LocalCause::of_system(&error), cause, "{error}");
    }
}

#[test]
fn an_error_without_a_system_code_is_no_evidence_about_this_machine() {
    for kind in [ErrorKind::Other, ErrorKind::UnexpectedEof] {
        assert_eq!(LocalCause::of_system(&Error::from(kind)), None, "{kind}");
    }
}

#[test]
fn each_sentence_names_the_product_and_the_systems_reason() {
    for cause in LocalCause::ALL {
        let sentence = cause.sentence("Claude", "the reason");
        assert!(sentence.starts_with("Understudy: "), "{sentence}");
        assert!(sentence.contains("Claude"), "{sentence}");
        assert!(sentence.contains("(the reason)"), "{sentence}");
    }
}
