//! A server that is asked to end while it is written to.

use std::sync::mpsc::channel;

use serde_json::json;

use super::amount;
use crate::cli::program::World;

const WRITERS: usize = 4;

fn doc(writer: usize, n: usize) -> String {
    format!("doc:w{writer}-{n}")
}

#[cfg(unix)]
#[test]
fn a_server_that_is_asked_to_end_keeps_what_it_acknowledged_and_refuses_the_rest() {
    for round in 1..=amount(3, 20) {
        let world = World::new();
        let served = world.serve(&[]);
        let url = format!("{}/v1/tenants/default/write", served.url);
        let (acknowledged, told) = channel();
        let (status, n_written) = std::thread::scope(|scope| {
            let writing: Vec<_> = (0..WRITERS)
                .map(|writer| {
                    let (url, acknowledged) = (&url, acknowledged.clone());
                    scope.spawn(move || {
                        let agent = ureq::Agent::config_builder().proxy(None).build().new_agent();
                        let write = |n: &usize| {
                            let insert = json!([["viewer", doc(writer, *n), "user:bo"]]);
                            // A server that is gone, or says that it goes: either way it is no acknowledgement.
                            let is_written = agent.post(url).send_json(json!({ "insert": insert })).is_ok();
                            is_written && acknowledged.send(()).is_ok()
                        };
                        (0..).take_while(write).count()
                    })
                })
                .collect();
            told.iter().take(round * 10).for_each(drop);
            let status = served.end();
            let n_written: Vec<usize> = writing.into_iter().map(|writing| writing.join().unwrap()).collect();
            (status, n_written)
        });
        assert_eq!(status, Some(0));
        assert!(n_written.iter().sum::<usize>() >= round * 10);
        let listed = world.run(&["list", "objects", "user:bo", "doc.view", "doc"]).success();
        let listed: Vec<&str> = listed.lines().collect();
        for (writer, n) in n_written.into_iter().enumerate() {
            let of_writer = listed.iter().filter(|doc| doc.starts_with(&format!("doc:w{writer}-"))).count();
            // The last one may have been written and its answer lost on the way.
            assert!((n..=n + 1).contains(&of_writer), "writer {writer}: {n} acknowledged, {of_writer} found");
            assert!((0..n).all(|n| listed.contains(&doc(writer, n).as_str())));
        }
    }
}
