-- How far ahead a customer's own clock had gone after a position.
SELECT (SELECT clock FROM customers_past
        WHERE ledger_id = %(ledger_id)s AND generation = %(customers_generation)s AND clock IS NOT NULL
          AND position <= %(position)s
        ORDER BY clock DESC LIMIT 1)
