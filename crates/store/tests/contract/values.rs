//! Values go in and come out unchanged, bound by number, and nothing of another type slips through.

use countersign_store::{Fault, Sql, Value, params};

use crate::support::{FIND, Home, INSERT, run};

on_both_databases!(
    parameters_are_bound_by_their_number,
    extreme_values_come_back,
    nulls_of_each_kind_come_back,
    a_value_of_another_type_is_refused,
    missing_and_surplus_values_are_refused,
    truth_is_read_as_one_and_zero,
    a_column_of_an_unknown_type_says_so,
    a_list_of_fixed_size_takes_repeated_values,
);

async fn parameters_are_bound_by_their_number(home: Home) {
    static SHUFFLED: Sql = Sql::new("INSERT INTO example (n, name, id, blob) VALUES ($2, $1, $2, $3)");
    static SECOND_FIRST: Sql = Sql::new("SELECT id FROM example WHERE name = $2 AND n = $1");
    let database = home.with_example().await;
    database
        .write(|tx| Box::pin(async move { tx.execute(&SHUFFLED, &params!["one", 7, b"three"]).await }))
        .await
        .unwrap();
    let row = database.read_one(&FIND, &params![7]).await.unwrap().unwrap();
    let found = (row.int(0).unwrap(), row.text(1).unwrap(), row.bytes(2).unwrap(), row.int(3).unwrap());
    assert_eq!(found, (7, "one", b"three".as_slice(), 7));
    assert!(database.read_one(&SECOND_FIRST, &params![7, "one"]).await.unwrap().is_some());
}

async fn extreme_values_come_back(home: Home) {
    let database = home.with_example().await;
    let bytes: Vec<u8> = (0..=255).collect();
    let rows = vec![
        params![i64::MAX, "Zoë, 木, \u{1F511} and 'quotes'", bytes, i64::MIN],
        params![i64::MIN, "", Vec::new(), 0],
    ];
    for values in rows {
        let inserted = values.clone();
        database
            .write(move |tx| {
                let inserted = inserted.clone();
                Box::pin(async move { tx.execute(&INSERT, &inserted).await })
            })
            .await
            .unwrap();
        let id = values.first().unwrap().clone();
        let row = database.read_one(&FIND, &[id]).await.unwrap().unwrap();
        let found =
            params![row.int(0).unwrap(), row.text(1).unwrap(), row.bytes(2).unwrap(), row.int(3).unwrap()];
        assert!(found == values);
    }
}

async fn nulls_of_each_kind_come_back(home: Home) {
    static IS_NULL: Sql = Sql::new("SELECT COALESCE(name, $1) FROM example WHERE id = $2");
    let database = home.with_example().await;
    let nulls = || params![1, None::<String>, None::<Vec<u8>>, None::<i64>];
    database.write(move |tx| Box::pin(async move { tx.execute(&INSERT, &nulls()).await })).await.unwrap();
    let row = database.read_one(&FIND, &params![1]).await.unwrap().unwrap();
    assert_eq!(row.optional_text(1).unwrap(), None);
    assert_eq!(row.optional_bytes(2).unwrap(), None);
    assert_eq!(row.optional_int(3).unwrap(), None);
    assert!(matches!(row.text(1), Err(Fault::Broken { .. })));
    let row = database.read_one(&IS_NULL, &[Value::Null, Value::Int(1)]).await.unwrap().unwrap();
    assert_eq!(row.optional_text(0).unwrap(), None);
}

async fn a_value_of_another_type_is_refused(home: Home) {
    let database = home.with_example().await;
    for wrong in
        [params![1, "name", b"blob", "text"], params![2, 5, b"blob", 1], params![3, "name", "text", 1]]
    {
        let refused = database
            .write(move |tx| {
                let wrong = wrong.clone();
                Box::pin(async move { tx.execute(&INSERT, &wrong).await })
            })
            .await;
        // SQLite turns a number into text where the column is text: the one lenience of its strict tables.
        let lenient = matches!(home, Home::Sqlite(_)) && refused.is_ok();
        assert!(lenient || matches!(refused, Err(Fault::Broken { .. })), "{refused:?}");
    }
}

async fn missing_and_surplus_values_are_refused(home: Home) {
    let database = home.with_example().await;
    for values in [params![], params![1, 2]] {
        let refused = database.read_one(&FIND, &values).await;
        assert!(matches!(refused, Err(Fault::Broken { .. })), "{refused:?}");
    }
}

async fn truth_is_read_as_one_and_zero(home: Home) {
    static EXISTS: Sql =
        Sql::new("SELECT EXISTS (SELECT 1 FROM example), NOT EXISTS (SELECT 1 FROM example)");
    let database = home.with_example().await;
    let row = database.read_one(&EXISTS, &[]).await.unwrap().unwrap();
    assert_eq!((row.int(0).unwrap(), row.int(1).unwrap()), (0, 1));
}

async fn a_column_of_an_unknown_type_says_so(home: Home) {
    static FRACTION: Sql = Sql::new("SELECT CAST(1.5 AS REAL)");
    static SUM: Sql = Sql::new("SELECT CAST(SUM(n) AS BIGINT) FROM example");
    let database = home.with_example().await;
    let refused = database.read_one(&FRACTION, &[]).await.unwrap_err();
    assert!(refused.to_string().starts_with("column 0 "), "{refused}");
    assert_eq!(database.read_one(&SUM, &[]).await.unwrap().unwrap().optional_int(0).unwrap(), None);
}

async fn a_list_of_fixed_size_takes_repeated_values(home: Home) {
    static THREE: Sql = Sql::new("SELECT COUNT(*) FROM example WHERE id IN ($1, $2, $3)");
    static FOUR_ROWS: Sql = Sql::new("INSERT INTO example (id) VALUES (1), (2), (3), (4)");
    let database = home.with_example().await;
    run(&database, &FOUR_ROWS).await.unwrap();
    let row = database.read_one(&THREE, &params![2, 4, 4]).await.unwrap().unwrap();
    assert_eq!(row.int(0).unwrap(), 2);
}
